using BusJobs.IntegrationTests.Ledger;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using BusJobs.Ledger.Postgres;
using Npgsql;

namespace BusJobs.IntegrationTests.Rules;

/// <summary>What PostgreSQL writes for jobs of a key that travel together.</summary>
public sealed class PostgresChainCostTests(PostgresLedgerFixture fixture) : LedgerContract(fixture), IClassFixture<PostgresLedgerFixture>
{
    [Fact]
    public async Task To_go_along_writes_no_index_entry()
    {
        await using (var ledger = PostgresLedger.Open(Fixture.Database!, TimeProvider.System))
        {
            await AddAsync([.. Enumerable.Range(0, 10).Select(_ => Job() with { SerialKey = "repo:1" })]);
            var claim = await ledger.ClaimAsync(Queue, Lane.Normal, 100, PacksOf(100), _ => 100, T0, CancellationToken.None);
            Assert.Equal(10, Assert.Single(claim.Dispatches).Jobs.Count);
        }

        // A connection's statistics are told when it has gone, which is after its client went.
        await Eventually.HoldsAsync(async () => await ReadAsync("n_tup_upd") == 10);
        Assert.Equal(9, await ReadAsync("n_tup_hot_upd"));
    }

    private async Task<long> ReadAsync(string column)
    {
        await using var connection = (NpgsqlConnection)await Fixture.ConnectAsync();
        await using var read = new NpgsqlCommand($"select {column} from pg_stat_user_tables where schemaname = 'busjobs' and relname = 'job'", connection);
        return (long)(await read.ExecuteScalarAsync())!;
    }
}
