using BusJobs.Bus.Json;
using BusJobs.Wire;
using MassTransit;
using MassTransit.Transports;
using RabbitMQ.Client;

namespace BusJobs.Bus;

/// <summary>The shape of the bus on both transports: what is declared, with which arguments, and why.</summary>
internal static class BusTopology
{
    private static readonly TimeSpan ConnectionTimeout = TimeSpan.FromSeconds(10);
    private static readonly string ConnectionName = $"busjobs {Environment.MachineName} {Environment.ProcessId}";

    public static IBusControl Build(BusOptions options, BusNames names, BrokerTrust trust, LastConnect connect) => options.RabbitMq is { } uri
        ? MassTransit.Bus.Factory.CreateUsingRabbitMq(bus =>
        {
            bus.Host(uri, host => Connect(host, uri, options, trust, connect));
            Name(bus, names);
        })
        : MassTransit.Bus.Factory.CreateUsingInMemory(bus =>
        {
            // In memory MassTransit would call exchanges otherwise than on RabbitMQ.
            bus.MessageTopology.SetEntityNameFormatter(new MessageNameFormatterEntityNameFormatter(new DefaultMessageNameFormatter("::", "--", ":", "-")));
            Name(bus, names);
        });

    public static void Shape(IReceiveEndpointConfigurator endpoint, EndpointSpec spec, BusOptions options)
    {
        endpoint.PrefetchCount = spec.Prefetch;
        endpoint.ConcurrentMessageLimit = spec.Prefetch;
        // Faults would carry machine and assembly names to whoever listens, and every ending is in the ledger.
        endpoint.PublishFaults = false;
        // Only broadcasts are subscriptions; dispatches and settlements are addressed.
        endpoint.ConfigureConsumeTopology = spec.Kind == EndpointKind.Broadcast;
        if (spec.Kind == EndpointKind.Intake)
        {
            TakeAnything(endpoint, spec);
        }

        if (endpoint is not IRabbitMqReceiveEndpointConfigurator rabbitMq)
        {
            return;
        }

        if (spec.Kind == EndpointKind.Broadcast)
        {
            rabbitMq.Durable = false;
            rabbitMq.AutoDelete = true;
            rabbitMq.QueueExpiration = TimeSpan.FromMinutes(1);
            return;
        }

        // A classic queue can lose messages when its node crashes, so even a single node gets quorum queues.
        rabbitMq.SetQuorumQueue();
        if (spec.Kind is EndpointKind.Work or EndpointKind.Intake)
        {
            // Also where RabbitMQ 4 moves what exceeds its delivery limit, which it would drop otherwise.
            var dead = spec.Name + Names.DeadSuffix;
            rabbitMq.BindDeadLetterQueue(dead, dead, queue =>
            {
                queue.SetQueueArgument("x-queue-type", "quorum");
                queue.SetQueueArgument("x-max-length", options.DeadLetterCopies);
            });
        }
    }

    private static void TakeAnything(IReceiveEndpointConfigurator endpoint, EndpointSpec spec)
    {
        LetterFormat.Use(endpoint);
        endpoint.RethrowFaultedMessages();
        foreach (var exchange in spec.Exchanges)
        {
            (endpoint as IRabbitMqReceiveEndpointConfigurator)?.Bind(exchange);
            (endpoint as IInMemoryReceiveEndpointConfigurator)?.Bind(exchange);
        }
    }

    /// <summary>For a connection beside that of MassTransit, with the same rights.</summary>
    public static ConnectionFactory Factory(Uri uri, BusOptions options, BrokerTrust trust)
    {
        var factory = new ConnectionFactory
        {
            Uri = new UriBuilder(uri) { Scheme = options.UsesTls ? "amqps" : "amqp", Port = BusOptions.PortOf(uri) }.Uri,
            AutomaticRecoveryEnabled = false, RequestedConnectionTimeout = ConnectionTimeout,
            ClientProvidedName = $"{ConnectionName} looking",
        };
        factory.Ssl.CertificateValidationCallback = trust.Accepts;
        return factory;
    }

    private static void Connect(IRabbitMqHostConfigurator host, Uri uri, BusOptions options, BrokerTrust trust, LastConnect connect)
    {
        host.OnRefreshConnectionFactory = _ =>
        {
            connect.Note();
            return Task.CompletedTask;
        };
        host.PublisherConfirmation = true;
        // A peer that vanished without a word is noticed well within a lease.
        host.Heartbeat(TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(options.Lease.TotalSeconds / 2), 1, 10)));
        host.RequestedConnectionTimeout(ConnectionTimeout);
        host.ContinuationTimeout(TimeSpan.FromSeconds(20));
        host.ConnectionName(ConnectionName);
        if (options.UsesTls)
        {
            // MassTransit accepts a broken chain unless it is told not to.
            host.UseSsl(ssl => (ssl.ServerName, ssl.CertificateValidationCallback) = (uri.Host, trust.Accepts));
        }
    }

    private static void Name(IBusFactoryConfigurator bus, BusNames names)
    {
        var serializer = new WireSerializer();
        bus.AddSerializer(serializer);
        bus.AddDeserializer(serializer);
        Topic<WorkerBeat>(bus, names);
        Topic<PulseEcho>(bus, names);
        Topic<CancelJobs>(bus, names);
        Topic<HandedBack>(bus, names);
        Topic<HandoverAnswer>(bus, names);
    }

    private static void Topic<T>(IBusFactoryConfigurator bus, BusNames names)
        where T : class => bus.Message<T>(message => message.SetEntityName(names.Topic(typeof(T))));
}
