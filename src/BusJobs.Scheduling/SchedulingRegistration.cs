using BusJobs.Ledger;
using BusJobs.Scheduling.Clock;
using BusJobs.Scheduling.Fires;
using BusJobs.Scheduling.Services;
using BusJobs.Scheduling.Times;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Quartz;

namespace BusJobs.Scheduling;

/// <summary>Adds schedules to a host that has a ledger.</summary>
public static class SchedulingRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds <see cref="Schedules"/>, for a host that only looks at or changes them.</summary>
        public IServiceCollection AddBusJobsSchedules(Action<SchedulingOptions>? configure = null)
        {
            services.AddOptions<SchedulingOptions>().Configure(configure ?? (_ => { })).ValidateDataAnnotations().ValidateOnStart();
            services.TryAddSingleton<IValidateOptions<SchedulingOptions>, SchedulingOptionsValidator>();
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton<Schedules>();
            services.TryAddSingleton<LedgerGauges>();
            return services;
        }

        /// <summary>
        /// Adds everything that goes by the clock. Quartz keeps its looks in the ledger's own PostgreSQL, as one of a cluster, or in memory
        /// when the ledger is embedded; the schedules themselves are in the ledger either way.
        /// </summary>
        public IServiceCollection AddBusJobsScheduling(
            LedgerOptions ledger, Action<SchedulingOptions>? configure = null, Action<CleanupOptions>? cleanup = null)
        {
            services.AddBusJobsSchedules(configure);
            services.AddOptions<CleanupOptions>().Configure(cleanup ?? (_ => { })).ValidateDataAnnotations().ValidateOnStart();
            services.AddSingleton<SchedulerIdentity>();
            services.AddSingleton<DueSchedules>();
            services.AddSingleton<Declarations>();
            services.AddFiring("cron", RuleKind.Cron, RuleKind.Interval);
            services.AddFiring("calendar", RuleKind.Calendar);
            services.AddFiring("one-off", RuleKind.Once);
            services.AddSingleton<TimedService, Cleanup>();
            services.AddSingleton<TimedService, MetricsReporter>();
            services.AddSingleton<TimedService, Reconciler>();
            services.AddTransient<Look>();
            services.AddQuartz(quartz => Keep(quartz, ledger.Database));
            services.AddHostedService<SchedulingClock>();
            return services;
        }

        private void AddFiring(string name, params RuleKind[] rules) =>
            services.AddSingleton<TimedService>(provider => ActivatorUtilities.CreateInstance<FiringService>(provider, name, rules));
    }

    private static void Keep(IQuartzBuilder quartz, string? database)
    {
        quartz.UseDefaultThreadPool(maxConcurrency: 6);
        if (string.IsNullOrWhiteSpace(database))
        {
            quartz.ConfigureScheduler(scheduler => scheduler.InstanceName = "BusJobs in memory");
            quartz.UseInMemoryStore();
            return;
        }

        quartz.ConfigureScheduler(scheduler => (scheduler.InstanceName, scheduler.GenerateInstanceId) = ("BusJobs on PostgreSQL", true));
        quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(database);
            // What a killed node had taken is taken over by the others soon after its third missed check-in.
            store.UseClustering(cluster => (cluster.CheckinInterval, cluster.CheckinMisfireThreshold) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)));
            store.UseSystemTextJsonSerializer();
            store.ProvisionSchema();
            store.ConfigureStore(ado =>
            {
                ado.TablePrefix = "busjobs.qrtz_";
                // Nothing but strings is ever read back from the tables.
                ado.StoreJobDataAsStrings = true;
                // Without it two nodes can take the same trigger at once.
                ado.AcquireTriggersWithinLock = true;
            });
        });
    }
}
