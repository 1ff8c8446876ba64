using MassTransit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RabbitMQ.Client.Exceptions;

namespace BusJobs.Bus;

/// <summary>The bus of this process, shared by all its roles. It is BusJobs' own: a MassTransit bus of the host beside it is left alone.</summary>
public sealed class JobBus : IAsyncDisposable
{
    private static readonly TimeSpan ShortPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongPatience = TimeSpan.FromSeconds(30);

    private readonly BrokerTrust trust = new();
    private readonly EndpointWatch watch;
    private readonly Refusals refusals;
    private readonly Lock starting = new();
    private readonly ILogger logger;
    private readonly TimeProvider clock;
    private volatile LastConnect connect;
    private volatile IBusControl control;
    private Task? started;

    public JobBus(IOptions<BusOptions> options, ILoggerFactory loggers, TimeProvider clock)
    {
        logger = loggers.CreateLogger<JobBus>();
        refusals = new Refusals(logger);
        this.clock = clock;
        Options = options.Value;
        Names = new BusNames(Options.Prefix);
        LogContext.ConfigureCurrentLogContext(loggers);
        connect = new LastConnect(clock);
        control = BusTopology.Build(Options, Names, trust, connect);
        watch = new EndpointWatch(Options, OpensAsync, ReplaceAsync, clock, loggers.CreateLogger<EndpointWatch>());
    }

    public BusOptions Options { get; }
    public BusNames Names { get; }
    public bool IsInMemory => Options.RabbitMq is null;

    private TimeSpan Brief => AtMost(Options.Lease / 3);

    /// <summary>After a lease a dispatch may be given to somebody else.</summary>
    private TimeSpan Patience => AtMost(Options.Lease);

    /// <summary>Whether the broker is connected and every endpoint of this process has its consumer, as far as MassTransit knows.</summary>
    public bool IsHealthy => control.CheckHealth().Status == BusHealthStatus.Healthy;

    /// <summary>Queues that the broker does not let this process read, one sentence for each; empty when there are none.</summary>
    public IReadOnlyList<string> Refused => refusals.Sentences;

    /// <summary>Says that MassTransit has lost its connection for good, which only a new process mends; null while it has one, or the broker is away.</summary>
    public string? CutOff => watch.CutOff > Options.Lease * 4
        ? $"RabbitMQ at {Options.RabbitMq?.Host} gives new connections, and yet the one of this process has been lost for {watch.CutOff.TotalSeconds:0} s"
        : null;

    /// <summary>Publishes to whoever subscribes, for services that share this process and its bus in memory.</summary>
    public IPublishEndpoint Publisher => control;

    /// <summary>Connects; returns once the broker is there, however long that takes. Safe to call from every role.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (starting)
        {
            if (started is null || started.IsCanceled || started.IsFaulted)
            {
                started = control.StartAsync(CancellationToken.None);
                _ = TellWaitAsync(started);
            }
        }

        return started.WaitAsync(cancellationToken);
    }

    /// <summary>Says that the broker is waited for, and when it has come; nothing when it is there at once.</summary>
    private async Task TellWaitAsync(Task connecting)
    {
        var told = false;
        while (await Task.WhenAny(connecting, Task.Delay(told ? LongPatience : ShortPatience, clock)) != connecting)
        {
            TellWait();
            told = true;
        }

        if (told && connecting.IsCompletedSuccessfully)
        {
            logger.BrokerCame();
        }
    }

    private void TellWait()
    {
        var (host, port) = (Options.RabbitMq?.Host ?? "memory", Options.RabbitMq is { } uri ? BusOptions.PortOf(uri) : 0);
        if (trust.Refusal is { } refusal)
        {
            logger.BrokerNotTrusted(host, port, refusal);
        }
        else
        {
            logger.WaitingForBroker(host, port);
        }
    }

    /// <summary>Sends to an exchange; returns once the broker has confirmed the message.</summary>
    /// <param name="mandatory">True to get an exception when no queue is bound to the exchange.</param>
    /// <exception cref="SendRefusedException">The broker surely did not take it.</exception>
    /// <exception cref="TimeoutException">No answer within <see cref="BusOptions.SendTimeout"/>: the message may or may not have arrived.</exception>
    public Task SendAsync<T>(string exchange, T message, bool mandatory, CancellationToken cancellationToken)
        where T : class => SendAsync(exchange, message, mandatory ? Mandatory<T>.Pipe : Pipe.Empty<SendContext<T>>(), Patience, cancellationToken);

    /// <summary>
    /// Sends what its sender repeats when it was lost, so that it gets a third of a lease and no more: MassTransit may hold for good what was on its way
    /// when the connection was cut, and takes the next one at once.
    /// </summary>
    /// <exception cref="TimeoutException">No answer in that time: the message may or may not have arrived.</exception>
    public Task SendBrieflyAsync<T>(string exchange, T message, CancellationToken cancellationToken)
        where T : class => SendAsync(exchange, message, Pipe.Empty<SendContext<T>>(), Brief, cancellationToken);

    /// <summary>Sends a message that is of no use after a time: the broker drops it if nobody has taken it by then. Mandatory and confirmed.</summary>
    /// <exception cref="SendRefusedException">The broker surely did not take it.</exception>
    /// <exception cref="TimeoutException">No answer within <see cref="BusOptions.SendTimeout"/>: the message may or may not have arrived.</exception>
    public Task SendAsync<T>(string exchange, T message, TimeSpan timeToLive, CancellationToken cancellationToken)
        where T : class => SendAsync(exchange, message, Pipe.Execute<SendContext<T>>(context =>
        {
            Mandatory<T>.Mark(context);
            context.TimeToLive = timeToLive;
        }), Patience, cancellationToken);

    private async Task SendAsync<T>(string exchange, T message, IPipe<SendContext<T>> pipe, TimeSpan patience, CancellationToken cancellationToken)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            var endpoint = await control.GetSendEndpoint(new Uri("exchange:" + exchange)).WaitAsync(limit.Token);
            // MassTransit heeds the token only where it thought of it: a send that a cut connection left hanging is not waited for.
            await endpoint.Send(message, pipe, limit.Token).WaitAsync(limit.Token);
            watch.NoteConfirmed();
        }
        catch (MessageReturnedException exception)
        {
            throw new SendRefusedException($"no queue is bound to the exchange '{exchange}'", exception) { Unbound = true };
        }
        catch (RabbitMQ.Client.Exceptions.PublishException exception)
        {
            throw new SendRefusedException($"the broker refused a message to '{exchange}', as a full queue does", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            watch.NoteUnconfirmed();
            throw new TimeoutException($"The broker did not confirm a message to '{exchange}' within {patience.TotalSeconds:0.#} s.", exception);
        }
    }

    /// <summary>Sends to everybody who subscribes to the type; nobody is fine. As <see cref="SendBrieflyAsync"/>.</summary>
    /// <exception cref="TimeoutException">No answer in that time.</exception>
    public Task PublishAsync<T>(T message, CancellationToken cancellationToken)
        where T : class => SendBrieflyAsync(Names.Topic(typeof(T)), message, cancellationToken);

    /// <summary>Sends to the queue that is one process' own (<see cref="BusNames.Own"/>).</summary>
    /// <exception cref="SendRefusedException">The process has gone.</exception>
    /// <exception cref="TimeoutException">No answer within <see cref="BusOptions.SendTimeout"/>: the message may or may not have arrived.</exception>
    public Task SendToOneAsync<T>(Guid id, T message, CancellationToken cancellationToken)
        where T : class => SendAsync(IsInMemory ? Names.Own(id) : $"{Names.Own(id)}?temporary=true", message, mandatory: true, cancellationToken);

    /// <summary>Reads a queue with the given consumers; returns once the broker has accepted the consumer.</summary>
    public async Task<JobEndpoint> ConnectAsync(
        EndpointSpec spec, Action<IReceiveEndpointConfigurator> consumers, CancellationToken cancellationToken)
    {
        var endpoint = new JobEndpoint(spec.Name, clock, refusals, () => connect.At, observer => control.ConnectReceiveEndpoint(spec.Name, endpoint =>
        {
            endpoint.ConnectReceiveEndpointObserver(observer);
            BusTopology.Shape(endpoint, spec, Options);
            consumers(endpoint);
        }));
        // From its first try on: that may be the one that hangs.
        watch.Add(endpoint);
        await endpoint.StartAsync(cancellationToken);
        return endpoint;
    }

    /// <summary>Makes the bus anew and lets the one before end in its own time, if it can.</summary>
    /// <returns>Once the new one is connected.</returns>
    private async Task ReplaceAsync(CancellationToken cancellationToken)
    {
        var lost = control;
        lock (starting)
        {
            connect = new LastConnect(clock);
            control = BusTopology.Build(Options, Names, trust, connect);
            started = control.StartAsync(CancellationToken.None);
        }

        _ = EndAsync(lost);
        await started.WaitAsync(cancellationToken);
    }

    // What holds it up may hold up its end as well, and is of no use to anybody any more.
    private static async Task EndAsync(IBusControl lost)
    {
        using var patience = new CancellationTokenSource(LongPatience);
        await lost.StopAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Whether the broker lets this process in, by a connection and a channel that are closed at once.</summary>
    internal async Task<bool> OpensAsync(CancellationToken cancellationToken)
    {
        if (Options.RabbitMq is not { } uri)
        {
            return false;
        }

        try
        {
            await using var connection = await BusTopology.Factory(uri, Options, trust).CreateConnectionAsync(cancellationToken);
            // Whether it is let into its virtual host it is told only now.
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            return channel.IsOpen;
        }
        catch (Exception exception) when (exception is IOException or RabbitMQClientException or TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await watch.DisposeAsync();
        if (started is { IsCompletedSuccessfully: true })
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await control.StopAsync(patience.Token);
        }
    }

    private TimeSpan AtMost(TimeSpan limit) => limit < Options.SendTimeout ? limit : Options.SendTimeout;

    private static class Mandatory<T>
        where T : class
    {
        public static readonly IPipe<SendContext<T>> Pipe = MassTransit.Pipe.Execute<SendContext<T>>(Mark);

        public static void Mark(SendContext<T> context)
        {
            if (context.TryGetPayload<RabbitMqSendContext>(out var rabbitMq))
            {
                rabbitMq.Mandatory = true;
            }
        }
    }
}
