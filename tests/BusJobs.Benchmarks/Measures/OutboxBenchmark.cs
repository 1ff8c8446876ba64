using BusJobs.Benchmarks.Running;
using BusJobs.Benchmarks.Servers;
using BusJobs.Ledger;
using Npgsql;

namespace BusJobs.Benchmarks.Measures;

/// <summary>
/// From a producer's own database into the ledger of another: a backlog, as fast as it goes, and single commits at 200 a second. A job counts
/// once its row is deleted, which is after the ledger's commit and the coordinator's answer.
/// </summary>
internal static class OutboxBenchmark
{
    private const int WarmUp = 400;
    private static readonly TimeProvider Clock = TimeProvider.System;

    public static async Task<Report> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var servers = ServerAddresses.Read();
        var single = Math.Clamp(arguments.Jobs / 20, 200, 10_000);
        await using var ledgerDatabase = await OwnDatabase.CreateAsync(servers.Database, cancellationToken);
        await using var shopDatabase = await OwnDatabase.CreateAsync(servers.Database, cancellationToken);
        await using var names = await OwnNames.CreateAsync(servers.RabbitMq, cancellationToken);
        await using var ledger = ledgerDatabase.OpenLedger();
        var shop = await Shop.CreateAsync(shopDatabase, cancellationToken);
        await using var hosts = await RunningHosts.StartCoordinatorAsync(
            new LedgerOptions { Database = ledgerDatabase.ConnectionString }, bus => (bus.RabbitMq, bus.Prefix) = (servers.RabbitMq, names.Prefix), cancellationToken);
        await hosts.AndRelayAsync(shop, bus => (bus.RabbitMq, bus.Prefix) = (servers.RabbitMq, names.Prefix), cancellationToken);

        // Code that has been compiled in full: a relay is up for longer than a benchmark.
        await RelayAsync(shop, Math.Min(arguments.Jobs, 20_000), cancellationToken);
        var rate = await RelayAsync(shop, arguments.Jobs, cancellationToken);
        await OfferAsync(shop, shopDatabase, WarmUp + single, cancellationToken);
        var lags = new Latencies([.. shop.LagsMs.Skip(WarmUp).Order()]);
        var arrived = (await ledger.CountsAsync(cancellationToken)).Live;

        var report = new Report($"outbox: {arguments.Jobs:N0} jobs from a producer's database into the ledger of another, then {single:N0} single commits at 200 a second");
        report.Add("jobs/s relayed", "relay_msgs_per_s", rate, reach: "reach: 10,000");
        report.Add("ms, commit to the deletion of the row: p50", "p50_ms", lags.At(0.5), digits: 2);
        report.Add("p99", "p99_ms", lags.At(0.99), digits: 2);
        report.Add("max", "max_ms", lags.At(1), digits: 2);
        report.Add("jobs in the ledger", "arrived", arrived);
        return report;
    }

    private static async Task<double> RelayAsync(Shop shop, int jobs, CancellationToken cancellationToken)
    {
        shop.Expect(jobs);
        // The rows commit together, so the relay finds them all at once.
        await shop.FillAsync(jobs, cancellationToken);
        var begun = Clock.GetTimestamp();
        await shop.AllAsync(cancellationToken);
        return jobs / Clock.GetElapsedTime(begun, shop.LastAt).TotalSeconds;
    }

    private static async Task OfferAsync(Shop shop, OwnDatabase database, int jobs, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxAutoPrepare = 20 });
        shop.Expect(jobs);
        await Offer.ArriveAsync(jobs, number => shop.CommitAsync(source, number, cancellationToken), cancellationToken);
        await shop.AllAsync(cancellationToken);
    }
}
