using BusJobs.Bus;
using BusJobs.Coordinator;
using BusJobs.Ledger;
using BusJobs.Scheduling;
using BusJobs.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BusJobs.FaultServer;

/// <summary>Puts the process together from the libraries, in the order of a job's life.</summary>
internal static class FaultHost
{
    // A job that is started again after its worker died must not be counted as a failure of its own.
    private static readonly JobPolicy Policy = new() { MaxAttempts = 1, Timeout = TimeSpan.FromMinutes(1) };

    public static IHost Build(FaultSettings settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("BusJobs", LogLevel.Information).AddFilter("MassTransit", LogLevel.Critical)
            .AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Error);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(40));
        builder.Services.AddBusJobsBus(bus =>
        {
            (bus.RabbitMq, bus.Prefix) = (settings.RabbitMq, settings.Prefix);
            (bus.BeatInterval, bus.Lease) = (settings.Beat, settings.Lease);
        });
        builder.Services.AddSingleton(settings).AddSingleton<Marks>();
        var ledger = new LedgerOptions { Database = settings.Database, DataFolder = settings.DataFolder };
        if (settings.Coordinates)
        {
            builder.Services.AddBusJobsLedger(ledger).AddBusJobsCoordinator();
        }

        if (settings.Schedules)
        {
            builder.Services.AddBusJobsLedger(ledger).AddBusJobsScheduling(ledger, scheduling => scheduling.Add("tick", "every 1s", new Count(0)));
        }

        if (settings.Enqueue > 0)
        {
            builder.Services.AddHostedService<EnqueueLoop>();
        }

        if (settings.Works)
        {
            builder.Services.AddBusJobsWorker(worker => worker
                .Queue(Names.DefaultQueue, settings.Slots)
                .Handle<Count, CountHandler>(Policy)
                .Handle<Sleep, SleepHandler>(Policy)
                .Handle<Die, DieHandler>(Policy)
                .Configure(options => (options.DrainTime, options.TimeoutGrace) = (settings.Drain, TimeSpan.FromSeconds(1))));
        }

        return builder.Build();
    }
}
