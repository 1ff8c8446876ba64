using System.Data.Common;
using BusJobs.Ledger;
using Forge.Git;
using Forge.Indexing;
using Forge.Search;

namespace BusJobs.Server.Reindex;

/// <summary>
/// The first real work: enqueues index jobs for what changed in the repository, shows how they fare, prints an example search, and
/// with <c>--once</c> ends the process when nothing is left to do.
/// </summary>
internal sealed partial class ReindexOnStart(
    ServerOptions options, ILedger ledger, IServiceProvider services, ForgeIndexGate gate, Outcome outcome,
    IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<ReindexOnStart> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await gate.WaitAsync(stoppingToken);
        await OpenLedgerAsync(stoppingToken);
        var progress = new ProgressLine(ledger, clock, Console.Out, isLive: !Console.IsOutputRedirected);
        var first = await progress.CountAsync(stoppingToken);
        if (options.Repository is { } repository && !await EnqueueAsync(repository, stoppingToken))
        {
            return;
        }

        var counts = await progress.FollowAsync(first, showAll: options.Once || options.Repository is not null, stoppingToken);
        if (options.Repository is not null)
        {
            await Example.PrintAsync(
                services.GetRequiredService<CodeSearch>(), services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>(),
                needsKey: !services.GetRequiredService<IHostEnvironment>().IsDevelopment(), Console.Out, stoppingToken);
        }

        if (options.Once)
        {
            outcome.ExitCode = counts.DeadNow > 0 ? 1 : 0;
            lifetime.StopApplication();
        }
    }

    private async Task OpenLedgerAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                // Safe beside the coordinator's own: migrations take a lock.
                await ledger.MigrateAsync(stoppingToken);
                return;
            }
            catch (DbException exception) when (!stoppingToken.IsCancellationRequested)
            {
                Waiting(logger, exception.Message);
                await Task.Delay(Pause, clock, stoppingToken);
            }
        }
    }

    private async Task<bool> EnqueueAsync(string repository, CancellationToken stoppingToken)
    {
        try
        {
            var plan = await services.GetRequiredService<SearchPlanner>().PlanAsync(repository, stoppingToken);
            await Console.Out.WriteLineAsync($"  plan    {Describe(plan)}");
            return true;
        }
        catch (Exception exception) when (exception is RepositoryNotFoundException or GitFailedException)
        {
            await Console.Error.WriteLineAsync($"busjobs: {exception.Message}");
            outcome.ExitCode = 2;
            lifetime.StopApplication();
            return false;
        }
    }

    private static string Describe(SearchPlan plan)
    {
        var head = plan.Commit is null ? "no commit yet" : $"head {plan.Commit[..10]}";
        var skipped = plan.Skipped.Count == 0 ? "" : $", skipped {string.Join(", ", plan.Skipped.Select(skip => $"{skip.Value:N0} {skip.Key.ToString().ToLowerInvariant()}"))}";
        var waiting = plan.Waiting == 0 ? "" : $", {plan.Waiting:N0} of them from before";
        return $"{plan.Repository}, {head}: {plan.Files:N0} files, {plan.Changed:N0} changed, {plan.Deleted:N0} deleted{skipped}; {plan.Batches:N0} jobs{waiting}";
    }

    [LoggerMessage(4001, LogLevel.Information, "Waiting for the ledger's database: {Reason}")]
    private static partial void Waiting(ILogger logger, string reason);
}
