using System.Collections.Concurrent;
using BusJobs.Bus;
using BusJobs.Wire;
using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BusJobs.Api.Operate;

/// <summary>Hears the beats of workers, as coordinators do, so that a process which is only an API knows of them too.</summary>
internal sealed class WorkerEar(JobBus bus, TimeProvider clock, ILogger<WorkerEar> logger) : BackgroundService, IConsumer<WorkerBeat>
{
    private const int MaxWorkers = 10_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly Guid id = Guid.CreateVersion7(clock.GetUtcNow());
    private readonly ConcurrentDictionary<Guid, (WorkerBeat Beat, long At)> workers = new();

    /// <summary>Workers that were heard within their lease, and how long ago, by name.</summary>
    public IReadOnlyList<(WorkerBeat Beat, TimeSpan Silence)> Heard()
    {
        foreach (var (worker, heard) in workers)
        {
            if (clock.GetElapsedTime(heard.At) > bus.Options.Lease)
            {
                workers.TryRemove(worker, out _);
            }
        }

        return [.. workers.Values.Select(heard => (heard.Beat, clock.GetElapsedTime(heard.At))).OrderBy(heard => heard.Beat.Name, StringComparer.Ordinal)];
    }

    /// <summary>The last beat of a worker; null when it was not heard within its lease.</summary>
    public WorkerBeat? Find(Guid worker) => Heard().FirstOrDefault(heard => heard.Beat.WorkerId == worker).Beat;

    public Task Consume(ConsumeContext<WorkerBeat> context)
    {
        var beat = context.Message;
        if (beat.Goodbye)
        {
            workers.TryRemove(beat.WorkerId, out _);
        }
        else if (workers.Count < MaxWorkers || workers.ContainsKey(beat.WorkerId))
        {
            workers[beat.WorkerId] = (beat, clock.GetTimestamp());
        }

        return Task.CompletedTask;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (await ConnectAsync(stoppingToken) is { } ear)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ear.StopAsync(CancellationToken.None);
        }
    }

    private async Task<JobEndpoint?> ConnectAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await bus.StartAsync(stoppingToken);
                return await bus.ConnectAsync(
                    new EndpointSpec(bus.Names.Own(id), EndpointKind.Broadcast, 256), endpoint => endpoint.Instance(this), stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                logger.NotHearing(exception);
                await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        return null;
    }
}
