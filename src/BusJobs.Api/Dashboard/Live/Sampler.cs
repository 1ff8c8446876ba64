using System.Data.Common;
using BusJobs.Api.Operate;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BusJobs.Api.Dashboard.Live;

/// <summary>Takes a sample every ten seconds, at the price of the overview's own questions.</summary>
internal sealed class Sampler(Standing standing, Latencies latencies, Samples samples, TimeProvider clock, ILogger<Sampler> logger) : BackgroundService
{
    private static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Rhythm, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TrySampleAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops, and its samples end with it.
        }
    }

    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var queues = await standing.QueuesAsync(cancellationToken);
        var kinds = await standing.KindsAsync(cancellationToken);
        samples.Add(new Sample(
            clock.GetUtcNow(), queues.Sum(queue => queue.Ready), queues.Sum(queue => queue.InFlight), kinds.Sum(kind => kind.Succeeded), kinds.Sum(kind => kind.Retried + kind.Dead))
        {
            Latency = await latencies.NowAsync(Rhythm, cancellationToken),
            FailedByKind = kinds.ToDictionary(kind => kind.Name, kind => kind.Retried + kind.Dead),
        });
    }

    private async Task TrySampleAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunOnceAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is DbException or TimeoutException or InvalidOperationException)
        {
            // A gap in the charts; pages that need the ledger say themselves that it is away.
            logger.NoSample(exception.Message);
        }
    }
}
