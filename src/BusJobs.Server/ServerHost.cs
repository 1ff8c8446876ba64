using BusJobs.Api;
using BusJobs.Api.Access;
using BusJobs.Api.Metrics;
using BusJobs.Bus;
using BusJobs.Coordinator;
using BusJobs.Ledger;
using BusJobs.Scheduling;
using BusJobs.Server.Reindex;
using BusJobs.Worker;
using Forge;
using Forge.Git;
using Forge.Indexing;
using Forge.Pages;
using Forge.Search;

namespace BusJobs.Server;

/// <summary>Puts the roles of this process together, in the order of a job's life, and runs them.</summary>
internal static class ServerHost
{
    public static async Task<int> RunAsync(ServerOptions options)
    {
        using var folder = TakeFolder(options);
        await using var app = Build(options);
        if (options.Repository is { } repository)
        {
            // A path that is no repository is told before anything is started.
            await app.Services.GetRequiredService<RepositoryReader>().OpenAsync(repository, CancellationToken.None);
        }

        Banner.Print(options, Console.Out);
        var isUp = false;
        try
        {
            await app.StartAsync(CancellationToken.None);
            isUp = true;
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Told to stop while it was starting.
            return 0;
        }
        finally
        {
            if (!isUp)
            {
                // The port is asked for last: what was started before it would go on, on services that are disposed of below.
                await app.StopAsync(CancellationToken.None);
            }
        }

        Banner.PrintAddresses(app.Urls, options, Console.Out);
        await app.WaitForShutdownAsync(CancellationToken.None);
        return app.Services.GetService<Outcome>()?.ExitCode ?? 0;
    }

    private static FolderLock? TakeFolder(ServerOptions options) => !options.IsEmbedded || options.Role == Role.Api
        ? null
        : FolderLock.TryTake(options.DataFolder) ?? throw new UsageException($"Another BusJobs server uses {Shown.Value(options.DataFolder)}: stop it, or name another folder with --data.");

    internal static WebApplication Build(ServerOptions options)
    {
        // The program's own arguments are not configuration: an option is known or refused, never silently a setting.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls(options.Urls);
        Log(builder.Logging);
        builder.Services.AddSingleton(options);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(40));
        AddParts(builder.Services, builder.Configuration, options);
        var app = builder.Build();
        app.MapHealth();
        if (options.ServesApi)
        {
            app.MapBusJobsApi();
            app.MapForgeSearch().Needs(ApiScopes.Read);
            if (options.Repository is not null)
            {
                app.MapForgeSearchPage();
            }
        }

        app.MapBusJobsMetrics();

        return app;
    }

    private static void AddParts(IServiceCollection services, IConfiguration settings, ServerOptions options)
    {
        services.AddForge(new ForgeOptions { Database = options.Database, DataFolder = options.DataFolder, FaultRate = options.Faults });
        services.AddHostedService<ForgeIndexOpener>();
        services.AddSingleton<ForgeIndexGate>();
        services.AddBusJobsMetrics(settings.GetSection("BusJobs:Metrics").Bind);
        if (options.NeedsLedger)
        {
            services.AddBusJobsLedger(options.Ledger);
            services.AddBusJobsSchedules(settings.GetSection("BusJobs:Scheduling").Bind);
            services.AddSingleton<Outcome>();
            services.AddHostedService<ReindexOnStart>();
        }

        if (options.ServesApi)
        {
            var reindex = JobKind.Of(typeof(ReindexSearch));
            services.AddBusJobsApi(api => api.QueueOfKind[reindex.Name] = reindex.Queue);
            services.AddBusJobsFirstKey();
            if (options.Repository is not null)
            {
                services.AddForgeSearchPage();
            }
        }

        services.AddBusJobsBus(bus => (bus.RabbitMq, bus.Prefix) = (options.RabbitMq, options.Prefix));
        if (options.Coordinates)
        {
            services.AddBusJobsCoordinator(coordinator => coordinator.Accept<ReindexSearch>());
        }

        if (options.Schedules)
        {
            services.AddBusJobsScheduling(options.Ledger, cleanup: settings.GetSection("BusJobs:Cleanup").Bind);
        }

        if (options.Works)
        {
            // Added last, so that it is stopped first: it drains while the bus and the coordinator still carry its settlements.
            services.AddBusJobsWorker(worker => worker
                .Queue(Names.DefaultQueue, options.Slots)
                .Queue(JobKind.Of(typeof(ReindexSearch)).Queue, options.Slots)
                .HandleForge());
        }
    }

    private static void Log(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(console => console.SingleLine = true);
        // Data goes to standard output, everything that is said about it to standard error.
        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("BusJobs", LogLevel.Information);
        // Who was refused is told to him, not to the log.
        logging.AddFilter("BusJobs.Api.Access.KeyHandler", LogLevel.Warning);
        // MassTransit repeats a lost connection with stack traces; BusJobs.Bus says it in a line.
        logging.AddFilter("MassTransit", LogLevel.Critical);
        // Why it did not start is the last line that the program says, and no stack trace.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddFilter("Quartz", LogLevel.Error);
        logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Error);
    }
}
