using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using BusJobs.Ledger.Postgres;
using Npgsql;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>What PostgreSQL makes of the ledger's statements before it knows anything of the table.</summary>
public sealed class PostgresNewTableTests(PostgresLedgerFixture fixture) : LedgerContract(fixture), IClassFixture<PostgresLedgerFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_drain_of_a_table_that_was_never_analysed_does_not_read_it_whole()
    {
        // Truncating the table before this test has built its indexes anew, which counts as scans, and is told late.
        await Fixture.ExecuteAsync("select pg_stat_force_next_flush()");
        var (before, fetched) = (await WholeScansAsync(), await FetchedAsync());
        await using (var ledger = PostgresLedger.Open(Fixture.Database!, TimeProvider.System))
        {
            // On so many pages that PostgreSQL would rather sort the few rows that it expects than read them in order.
            await Fixture.ExecuteAsync(
                $"insert into busjobs.job (id, kind, queue, payload) select gen_random_uuid(), '{Kind}', '{Queue}', repeat('x', 1900) from generate_series(1, 40000)");
            for (var round = 0; round < 3; round++)
            {
                await ledger.SurveyAsync(now: null, None);
                var packs = (await ledger.ClaimAsync(Queue, Lane.Normal, 100, PacksOf(50), now: null, None)).Dispatches;
                Assert.Equal(2, packs.Count);
                await ledger.SettleAsync(
                    [.. packs.Select(pack => Settled(pack, [.. pack.Jobs.Select(job => Word(job, Ending.Completed))]))], now: null, None);
            }
        }

        // A connection's statistics are told when it has gone, which is after its client went.
        await Eventually.HoldsAsync(async () => await ReadAsync("n_tup_upd") >= 600);
        Assert.Equal(before, await WholeScansAsync());
        Assert.InRange(await FetchedAsync() - fetched, 600, 6_000);
    }

    private Task<long> WholeScansAsync() => ReadAsync("seq_scan");

    /// <summary>Rows that were found by an index: all of them, when PostgreSQL takes an index for a list of rows to sort.</summary>
    private Task<long> FetchedAsync() => ReadAsync("idx_tup_fetch");

    private async Task<long> ReadAsync(string column)
    {
        await using var connection = (NpgsqlConnection)await Fixture.ConnectAsync();
        await using var read = new NpgsqlCommand($"select {column} from pg_stat_user_tables where schemaname = 'busjobs' and relname = 'job'", connection);
        return (long)(await read.ExecuteScalarAsync())!;
    }
}
