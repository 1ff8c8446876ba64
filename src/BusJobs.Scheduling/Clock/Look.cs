using BusJobs.Scheduling.Services;
using Quartz;

namespace BusJobs.Scheduling.Clock;

/// <summary>
/// The only job that Quartz ever runs: it tells a service, named by a string, to look what is due. What is due is decided by the service, so
/// a look that is lost, doubled or late changes nothing.
/// </summary>
[DisallowConcurrentExecution]
internal sealed class Look(IEnumerable<TimedService> services, TimeProvider clock) : IJob
{
    private const string Service = "service";

    async ValueTask IJob.Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var name = context.MergedJobDataMap.GetString(Service);
        if (services.FirstOrDefault(service => service.Name == name) is not { } service || await service.RunOnceAsync(cancellationToken) is not { } report)
        {
            return;
        }

        if (report.Pause < service.Rest)
        {
            await context.Scheduler.ScheduleJob(Soon(service.Name, report.Pause), new ScheduleJobOptions { Replace = true }, cancellationToken);
        }
    }

    /// <summary>A look at every service: at once, then whenever it has rested.</summary>
    public static async Task ScheduleAsync(IScheduler scheduler, IEnumerable<TimedService> services, TimeProvider clock, CancellationToken cancellationToken)
    {
        foreach (var service in services)
        {
            var job = JobBuilder.Create<Look>().WithIdentity(service.Name).UsingJobData(Service, service.Name).StoreDurably().Build();
            var steady = TriggerBuilder.Create(clock).WithIdentity(service.Name, "steady").ForJob(job).StartNow()
                .WithSimpleSchedule(simple => simple.WithInterval(service.Rest).RepeatForever()
                    .WithMisfireInstruction(SimpleTriggerMisfireInstruction.NextWithExistingCount))
                .Build();
            await scheduler.ScheduleJob(job, [steady], new ScheduleJobOptions { Replace = true }, cancellationToken);
        }
    }

    /// <summary>One more look, when the next thing is due before the service has rested.</summary>
    private ITrigger Soon(string service, TimeSpan pause) =>
        TriggerBuilder.Create(clock).WithIdentity(service, "soon").ForJob(service).StartAt(clock.GetUtcNow() + pause)
            .WithSimpleSchedule(simple => simple.WithMisfireInstruction(SimpleTriggerMisfireInstruction.FireNow)).Build();
}
