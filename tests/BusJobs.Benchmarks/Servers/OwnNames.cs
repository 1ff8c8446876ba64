using BusJobs.Bus;
using BusJobs.Wire;
using RabbitMQ.Client;

namespace BusJobs.Benchmarks.Servers;

/// <summary>A prefix for one run's queues and exchanges, which are deleted afterwards.</summary>
internal sealed class OwnNames : IAsyncDisposable
{
    private readonly Uri rabbitMq;

    private OwnNames(Uri rabbitMq) => this.rabbitMq = rabbitMq;

    public string Prefix { get; } = $"bench-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";

    /// <summary>The queue of the baseline.</summary>
    public string Plain => $"{Prefix}-plain";

    /// <summary>Connects once, so that a broker that is away is told of: a bus would wait for it.</summary>
    public static async Task<OwnNames> CreateAsync(Uri rabbitMq, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(rabbitMq, cancellationToken);
        return new OwnNames(rabbitMq);
    }

    public async ValueTask DisposeAsync()
    {
        var names = new BusNames(Prefix);
        var work = names.Work(Names.DefaultQueue);
        Type[] topics = [typeof(WorkerBeat), typeof(PulseEcho), typeof(CancelJobs), typeof(HandedBack), typeof(HandoverAnswer)];
        await using var connection = await ConnectAsync(rabbitMq, CancellationToken.None);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: CancellationToken.None);
        // Deleting what is not there is no error. The queues of one process, and their exchanges, delete themselves.
        foreach (var queue in (string[])[work, names.Dead(Names.DefaultQueue), names.Settlements, names.Intake, names.IntakeDead, Plain])
        {
            await channel.QueueDeleteAsync(queue, ifUnused: false, ifEmpty: false, cancellationToken: CancellationToken.None);
            await channel.ExchangeDeleteAsync(queue, ifUnused: false, cancellationToken: CancellationToken.None);
        }

        foreach (var topic in topics)
        {
            await channel.ExchangeDeleteAsync(names.Topic(topic), ifUnused: false, cancellationToken: CancellationToken.None);
        }
    }

    private static Task<IConnection> ConnectAsync(Uri rabbitMq, CancellationToken cancellationToken) =>
        new ConnectionFactory { Uri = rabbitMq }.CreateConnectionAsync(cancellationToken);
}
