using BusJobs;
using BusJobs.Api;
using BusJobs.Api.Metrics;
using BusJobs.Bus;
using BusJobs.Coordinator;
using BusJobs.Ledger;
using BusJobs.Scheduling;
using BusJobs.Worker;
using Forge.Api;
using Forge.Backfill;
using Forge.Hooks;
using Forge.Indexing;
using Forge.Pages;
using Forge.Reviews;

namespace Forge.Host;

/// <summary>Puts the services of this process together.</summary>
internal static class ServiceHost
{
    public static async Task RunAsync(HostSettings settings)
    {
        using var folder = TakeFolder(settings);
        await using var app = Build(settings);
        var isUp = false;
        try
        {
            await app.StartAsync(CancellationToken.None);
            isUp = true;
        }
        finally
        {
            if (!isUp)
            {
                // The port is asked for last: what was started before it would go on, on services that are disposed of below.
                await app.StopAsync(CancellationToken.None);
            }
        }

        await Console.Out.WriteLineAsync($"forge {settings.Role.ToString().ToLowerInvariant()} at {string.Join(", ", app.Urls)}, bus {(settings.RabbitMq is { } bus ? bus.Host : "in memory")}");
        await app.WaitForShutdownAsync(CancellationToken.None);
    }

    /// <summary>What lies in it is nobody else's: the key that secrets are sealed with, and payloads.</summary>
    private static FolderLock? TakeFolder(HostSettings settings)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(settings.DataFolder);
        }
        else
        {
            Directory.CreateDirectory(settings.DataFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return settings.Role != Role.All ? null
            : FolderLock.TryTake(settings.DataFolder) ?? throw new UsageException("Another process uses the data folder: stop it, or name another one with --data.");
    }

    private static WebApplication Build(HostSettings settings)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        if (settings is { ServesApi: true, Token: null } && !builder.Environment.IsDevelopment())
        {
            throw new UsageException("FORGE_TOKEN is needed outside Development (DOTNET_ENVIRONMENT): without it anybody could push.");
        }

        builder.WebHost.UseUrls(settings.Urls);
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning)
            .AddFilter("BusJobs", LogLevel.Information).AddFilter("Forge", LogLevel.Information).AddFilter("MassTransit", LogLevel.Critical)
            .AddFilter("BusJobs.Api.Access.KeyHandler", LogLevel.Warning).AddFilter("Quartz", LogLevel.Error)
            // Why it did not start is the last line that the program says, and no stack trace.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical)
            // What a statement failed of is told by whoever asked for it.
            .AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Critical);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(40));
        AddParts(builder.Services, builder.Configuration, settings);
        var app = builder.Build();
        MapHealth(app);
        if (settings.Role == Role.All)
        {
            app.MapBusJobsApi();
            app.MapForgeSearchPage();
            app.MapForgeActivityPage();
            app.MapForgeWebhookPages();
        }

        app.MapBusJobsMetrics();
        if (settings.ServesApi)
        {
            app.MapForge(settings.Token);
        }

        return app;
    }

    private static void AddParts(IServiceCollection services, IConfiguration configuration, HostSettings settings)
    {
        services.AddBusJobsBus(bus => (bus.RabbitMq, bus.Prefix) = (settings.RabbitMq, settings.Prefix));
        services.AddBusJobsMetrics(configuration.GetSection("BusJobs:Metrics").Bind);
        if (settings.Role == Role.All)
        {
            AddLedger(services, configuration, settings);
        }

        var options = new ForgeOptions
        {
            Database = settings.Database, DataFolder = settings.DataFolder, RepositoryRoot = settings.Repositories,
            FilesPerBatch = configuration.GetValue("Forge:FilesPerBatch", new ForgeOptions().FilesPerBatch),
        };
        if (settings.ServesApi)
        {
            // Before everything that reads its tables.
            services.AddSingleton<HubOpener>().AddHostedService(provider => provider.GetRequiredService<HubOpener>());
        }

        services.AddForge(options).AddForgeHub(options, relay: settings.Is(Role.Api) || settings.Is(Role.Indexer));
        services.AddForgeHooks(options, hooks => HookSettings.Apply(configuration.GetSection("Forge:Hooks"), settings, hooks));
        if (settings.Is(Role.Hooks))
        {
            services.AddDeliveryRetention();
        }

        if (settings.Role != Role.Api)
        {
            // Added last, so that it is stopped first: it drains while the bus still carries its settlements.
            services.AddBusJobsWorker(worker => Handle(worker, settings));
        }
    }

    /// <summary>What is a server of its own elsewhere: the ledger with its coordinator, what goes by the clock, and the dashboard.</summary>
    private static void AddLedger(IServiceCollection services, IConfiguration configuration, HostSettings settings)
    {
        var ledger = new LedgerOptions { Database = settings.LedgerDatabase, DataFolder = settings.DataFolder };
        ledger.DoorLimits.Add(DoorLimit.PerMinute(JobKind.Of(typeof(BackfillWindow)).Name, BackfillWindow.PerMinute));
        services.AddBusJobsLedger(ledger).AddBusJobsSchedules(configuration.GetSection("BusJobs:Scheduling").Bind);
        services.AddBusJobsApi().AddBusJobsFirstKey().AddForgeSearchPage().AddForgeActivityPage().AddForgeWebhookPages();
        services.AddBusJobsCoordinator().AddBusJobsScheduling(ledger, cleanup: configuration.GetSection("BusJobs:Cleanup").Bind);
    }

    private static void Handle(WorkerBuilder worker, HostSettings settings)
    {
        Serve(Role.Indexer, typeof(ReindexSearch), () => worker.HandleForge().HandlePushes());
        Serve(Role.Merger, typeof(RecomputeReviewDecision), () => worker.HandlePullRequests());
        Serve(Role.Hooks, typeof(DeliverWebhook), () => worker.HandleWebhooks());
        Serve(Role.Backfill, typeof(BackfillWindow), () => worker.HandleBackfill());

        void Serve(Role role, Type command, Action handle)
        {
            if (settings.Is(role))
            {
                worker.Queue(JobKind.Of(command).Queue, settings.Slots);
                handle();
            }
        }
    }

    private static void MapHealth(WebApplication app)
    {
        app.MapGet("/health/live", (IServiceProvider services) => Health([services.GetService<CoordinatorHealth>()?.NotLive(), services.GetService<WorkerHealth>()?.NotLiveReason]))
            .AllowAnonymous();
        app.MapGet("/health/ready", (IServiceProvider services) => Health(
        [
            services.GetService<HubOpener>() is { IsOpen: false } ? "waiting for the forge's database" : null,
            .. services.GetService<CoordinatorHealth>()?.NotReady() ?? [],
            .. services.GetService<WorkerHealth>()?.NotReadyReasons ?? [],
        ])).AllowAnonymous();
    }

    private static IResult Health(IEnumerable<string?> reasons) => reasons.OfType<string>().ToList() is { Count: > 0 } told
        ? TypedResults.Json(new { status = "not well", reasons = told }, statusCode: StatusCodes.Status503ServiceUnavailable)
        : TypedResults.Json(new { status = "well" });
}
