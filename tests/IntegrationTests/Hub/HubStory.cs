using BusJobs.IntegrationTests.Servers;
using BusJobs.Outbox.Model;
using BusJobs.UnitTests.Support;
using Forge;
using Forge.Hooks;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Hub;

/// <summary>The hub around a database of its own, with jobs that a test runs when it wants to.</summary>
internal sealed class HubStory : IAsyncDisposable
{
    private readonly ServiceProvider provider;
    private readonly string? ownDatabase;

    private HubStory(ForgeOptions options, string? database, ServiceProvider services) => (Options, ownDatabase, provider) = (options, database, services);

    public ForgeOptions Options { get; }

    public string Folder => Options.DataFolder!;

    public ManualClock Clock { get; } = new();

    internal static async Task<HubStory> StartAsync(bool postgres, Action<HookOptions>? hooks = null, Action<IServiceCollection>? more = null)
    {
        var database = postgres ? $"test_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}" : null;
        var folder = Directory.CreateTempSubdirectory("forge-hub-").FullName;
        if (database is not null)
        {
            await PostgresServer.ExecuteAsync($"create database \"{database}\"");
        }

        var options = new ForgeOptions { DataFolder = folder, Database = database is null ? null : PostgresServer.ConnectionStringTo(database) + ";Pooling=False" };
        var services = new ServiceCollection();
        services.AddLogging();
        HubStory? story = null;
        services.AddSingleton<TimeProvider>(_ => story!.Clock);
        services.AddForge(options).AddForgeHub(options, relay: false).AddForgeHooks(options, hooks);
        more?.Invoke(services);
        story = new HubStory(options, database, services.BuildServiceProvider());
        await story.WithAsync((HubContext hub) => HubSchema.MigrateAsync(hub, CancellationToken.None));
        return story;
    }

    /// <summary>Does something in a scope of its own, as a request or a job has one.</summary>
    public async Task WithAsync<T>(Func<T, Task> act)
        where T : notnull
    {
        await using var scope = provider.CreateAsyncScope();
        await act(scope.ServiceProvider.GetRequiredService<T>());
    }

    public async Task<TResult> AskAsync<T, TResult>(Func<T, Task<TResult>> ask)
        where T : notnull
    {
        await using var scope = provider.CreateAsyncScope();
        return await ask(scope.ServiceProvider.GetRequiredService<T>());
    }

    public Task<TResult> HubAsync<TResult>(Func<HubContext, Task<TResult>> ask) => AskAsync(ask);

    public Task AddAsync(params object[] rows) => WithAsync((HubContext hub) =>
    {
        hub.AddRange(rows);
        return hub.SaveChangesAsync();
    });

    /// <summary>Runs a job as a worker does.</summary>
    public async Task<JobAttempt> RunAsync<TJob, THandler>(TJob job, int number = 1, Guid? id = null)
        where TJob : notnull
        where THandler : class, IJobHandler<TJob>
    {
        await using var scope = provider.CreateAsyncScope();
        var kind = JobKind.Of(typeof(TJob));
        var attempt = new JobAttempt(Clock)
        {
            JobId = id ?? Guid.CreateVersion7(Clock.GetUtcNow()), Kind = kind.Name, Queue = kind.Queue, Number = number, MaxAttempts = 5, Fence = number,
        };
        await ActivatorUtilities.CreateInstance<THandler>(scope.ServiceProvider).HandleAsync(job, attempt, CancellationToken.None);
        return attempt;
    }

    /// <summary>What lies in the outbox, in the order in which it was added.</summary>
    public async Task<IReadOnlyList<NewJob>> OutboxAsync()
    {
        var rows = await HubAsync(hub => hub.Set<OutboxRow>().OrderBy(row => row.Position).Select(row => row.Job).ToListAsync());
        return [.. rows.Select(OutboxJson.Read)];
    }

    public async Task<HubRepository> RegisterAsync(string path, string org = "acme", string name = "repo")
    {
        var repository = new HubRepository { Org = org, Name = name, Path = path };
        await AddAsync(repository);
        return repository;
    }

    public async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        if (ownDatabase is not null)
        {
            await PostgresServer.ExecuteAsync($"drop database if exists \"{ownDatabase}\" with (force)");
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(Folder, recursive: true);
    }
}
