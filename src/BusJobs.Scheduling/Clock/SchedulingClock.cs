using System.Data.Common;
using BusJobs.Ledger;
using BusJobs.Scheduling.Fires;
using BusJobs.Scheduling.Services;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Quartz;

namespace BusJobs.Scheduling.Clock;

/// <summary>
/// Starts everything that goes by the clock, once the ledger is there: declarations are taken over, then Quartz is started. It stops taking
/// new looks first, lets running services finish, and leaves the lead to others.
/// </summary>
internal sealed class SchedulingClock(
    ILedger ledger, Declarations declarations, IEnumerable<TimedService> services, ISchedulerFactory quartz,
    IOptions<SchedulingOptions> options, TimeProvider clock, ILogger<SchedulingClock> logger) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private IScheduler? scheduler;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (scheduler is null)
        {
            return;
        }

        using var patience = new CancellationTokenSource(options.Value.StopWithin, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await scheduler.Shutdown(waitForJobsToComplete: true, either.Token);
            foreach (var service in services)
            {
                await service.ReleaseAsync(either.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or DbException or SchedulerException)
        {
            // The leases run out by themselves.
            logger.NotReleased(exception.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.FromMilliseconds(200);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await StartClockAsync(stoppingToken);
                return;
            }
            catch (Exception exception) when (exception is DbException or SchedulerException && !stoppingToken.IsCancellationRequested)
            {
                logger.WaitingForDatabase(exception.Message);
                await Task.Delay(pause, clock, stoppingToken);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private async Task StartClockAsync(CancellationToken stoppingToken)
    {
        await ledger.MigrateAsync(stoppingToken);
        await declarations.TakeOverAsync(stoppingToken);
        scheduler = await quartz.GetScheduler(stoppingToken);
        await Look.ScheduleAsync(scheduler, services, clock, stoppingToken);
        await scheduler.Start(stoppingToken);
        logger.ClockUp(scheduler.SchedulerName);
    }
}
