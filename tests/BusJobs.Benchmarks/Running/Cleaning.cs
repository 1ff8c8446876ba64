using BusJobs.Benchmarks.Servers;
using BusJobs.Ledger;
using BusJobs.Scheduling;
using BusJobs.Scheduling.Services;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.Benchmarks.Running;

/// <summary>Removes finished jobs while something is measured, as a scheduler does: the service itself, one run after the other.</summary>
internal sealed class Cleaning : IAsyncDisposable
{
    private readonly ServiceProvider services;
    private readonly CancellationTokenSource over = new();
    private readonly OwnDatabase database;
    private readonly int history;
    private Task running = Task.CompletedTask;

    private Cleaning(OwnDatabase database, int history)
    {
        (this.database, this.history) = (database, history);
        var ledger = new LedgerOptions { Database = database.ConnectionString };
        services = new ServiceCollection().AddLogging().AddBusJobsLedger(ledger).AddBusJobsScheduling(ledger).BuildServiceProvider();
    }

    /// <summary>Fills the database with jobs that finished long ago.</summary>
    public static async Task<Cleaning> PrepareAsync(OwnDatabase database, int history, CancellationToken cancellationToken)
    {
        await GrownLedger.FillAsync(database, history, waiting: 0, cancellationToken);
        return new Cleaning(database, history);
    }

    public void Begin() => running = Task.Run(() => RunAsync(over.Token), CancellationToken.None);

    /// <summary>How many are gone by now.</summary>
    public async Task<int> RemovedAsync(CancellationToken cancellationToken) =>
        history - (int)await database.ReadAsync("select count(*) from busjobs.job where kind = 'bench.history'", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await services.DisposeAsync();
        over.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var cleanup = services.GetServices<TimedService>().Single(service => service.Name == "cleanup");
        while (await cleanup.RunOnceAsync(cancellationToken) is { Did: not null })
        {
            // As long as there is something to remove.
        }
    }
}
