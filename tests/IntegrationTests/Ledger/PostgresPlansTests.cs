using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using BusJobs.Ledger.Postgres;
using Npgsql;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>What PostgreSQL makes of the ledger's statements once it knows that the table is large.</summary>
public sealed class PostgresPlansTests(PostgresLedgerFixture fixture) : LedgerContract(fixture), IClassFixture<PostgresLedgerFixture>
{
    private const int Others = 60_000;
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task No_statement_of_a_jobs_life_reads_the_whole_table()
    {
        await FillAsync();
        var before = await StatisticsAsync();
        await using (var ledger = PostgresLedger.Open(Fixture.Database!, TimeProvider.System))
        {
            await LiveAsync(ledger);
        }

        // A connection's statistics are told when it has gone, which is after its client went.
        await Eventually.HoldsAsync(async () => (await StatisticsAsync()).Updates >= before.Updates + 75);
        Assert.Equal(before.WholeScans, (await StatisticsAsync()).WholeScans);
    }

    [Fact]
    public async Task No_claim_by_limits_keys_and_tenants_reads_the_whole_table()
    {
        await FillAsync();
        var before = await StatisticsAsync();
        await using (var ledger = PostgresLedger.Open(Fixture.Database!, TimeProvider.System))
        {
            await ledger.InsertManyAsync(
                [.. Jobs(40).Select((job, i) => job with { Tenant = i % 2 == 0 ? "t" : null, SerialKey = i < 20 ? $"key{i % 5}" : null })], transaction: null, None);
            await ledger.SetLimitAsync(new DispatchLimit(LimitScope.Kind, Kind) { MaxRunning = 20, Rate = new Rate(25, TimeSpan.FromHours(1)) }, None);
            foreach (var _ in Enumerable.Range(0, 4))
            {
                var packs = (await ledger.ClaimAsync(Queue, Lane.Normal, 40, PacksOf(10), now: null, None)).Dispatches;
                await ledger.SettleAsync(
                    [.. packs.Select(pack => Settled(pack, [.. pack.Jobs.Select(job => Word(job, Ending.Completed))]))], now: null, None);
            }

            await ledger.SetLimitAsync(new DispatchLimit(LimitScope.Tenant, DispatchLimit.Each) { MaxRunning = 1 }, None);
            await ledger.CountsAsync(None);
        }

        await Eventually.HoldsAsync(async () => (await StatisticsAsync()).Updates >= before.Updates + 50);
        Assert.Equal(before.WholeScans, (await StatisticsAsync()).WholeScans);
    }

    [Fact]
    public async Task A_claim_of_one_tenant_does_not_walk_past_the_jobs_of_all_others()
    {
        var (lines, waiting) = (await ReadsOfAsync("job_lines"), await ReadsOfAsync("job_waiting"));
        await using (var ledger = PostgresLedger.Open(Fixture.Database!, TimeProvider.System))
        {
            // A job at a time as far as the planner knows: that is when any index seems as good as another.
            await ledger.InsertAsync(Job() with { Tenant = "first" }, transaction: null, None);
            await Fixture.ExecuteAsync("analyze busjobs.job");
            await ledger.InsertManyAsync([.. Jobs(2_000).Select((job, i) => job with { Tenant = $"t{i % 20}" })], transaction: null, None);
            // Of the twenty, what turns give them; the first has no more than one.
            Assert.InRange((await ledger.ClaimAsync(Queue, Lane.Normal, 200, PacksOf(50), now: null, None)).Dispatches.Sum(pack => pack.Jobs.Count), 190, 200);
        }

        await Eventually.HoldsAsync(async () => await ReadsOfAsync("job_lines") > lines);
        Assert.Equal(waiting, await ReadsOfAsync("job_waiting"));
    }

    /// <summary>Everything that may happen to jobs between enqueueing and cleanup, with 40 of them.</summary>
    private async Task LiveAsync(PostgresLedger ledger)
    {
        await ledger.InsertManyAsync(Jobs(40), transaction: null, None);
        await ledger.SurveyAsync(T0, None);
        var packs = (await ledger.ClaimAsync(Queue, Lane.Normal, 1_000, PacksOf(10), now: null, None)).Dispatches;
        Assert.Equal(4, packs.Count);
        await ledger.SettleAsync([Settled(packs[0], [.. packs[0].Jobs.Select(job => Word(job, Ending.Completed))])], now: null, None);
        await ledger.SettleAsync(
            [
                Settled(packs[1], [.. packs[1].Jobs.Take(5).Select(job => Word(job, Ending.RetryAt) with { DelayMs = 1 })], last: false),
                Settled(packs[1], [.. packs[1].Jobs.Skip(5).Select(job => Word(job, Ending.DeadLettered))]),
            ],
            now: null, None);
        await ledger.ReportProgressAsync([new JobProgress(packs[2].Jobs[0].Id, 50, "half")], None);
        await ledger.OpenDispatchesAsync(100, None);
        await ledger.CountsAsync(None);
        await ledger.CancelAsync(packs[2].Jobs[1].Id, now: null, None);
        await ledger.CancelRequestedAsync(100, None);
        Assert.Equal(9, await ledger.ReturnAsync([packs[2].Id], "full", TimeSpan.Zero, now: null, None));
        await ledger.ReclaimAsync([packs[3].Id], crashed: true, now: null, None);
        Assert.Equal(5, await ledger.PromoteAsync(1_000, TimeProvider.System.GetUtcNow().AddMinutes(1), None));
        Assert.Equal(5, (await ledger.RedriveAsync(new DeadFilter(Kind: Kind), now: null, None)).Ready);
        await OperateAsync(ledger);
        await ledger.ClaimAsync(Queue, Lane.Suspect, 8, PacksOf(1), now: null, None);
        await ledger.FindAsync(packs[0].Jobs[0].Id, None);
        await ledger.DepthsAsync(now: null, None);
    }

    /// <summary>What operators do to many jobs at once, beside 20,000 that are dead or waiting and 30,000 that have ended.</summary>
    private static async Task OperateAsync(PostgresLedger ledger)
    {
        Assert.Equal(10, await ledger.DiscardAsync(new DeadFilter(Queue: "another", Limit: 10), "ann", now: null, None));
        Assert.Equal(10, await ledger.CountDeadAsync(new DeadFilter { Discarded = true }, None));
        Assert.Equal(10, (await ledger.ListAsync(new JobFilter { Discarded = true, Queue = "another" }, after: null, 50, None)).Jobs.Count);
        Assert.Equal(5, (await ledger.RedriveAsync(new DeadFilter(Limit: 5) { Discarded = true }, now: null, None)).Ready);
        var waiting = await ledger.ListAsync(new JobFilter { State = LedgerState.Scheduled, Queue = "another" }, after: null, 1_500, None);
        Assert.Equal(new CancelReport(1_500, 0), await ledger.CancelManyAsync([.. waiting.Jobs.Select(job => job.Id)], now: null, None));
        Assert.Equal("another", Assert.Single(await ledger.ReconcileAsync(None)).Kind);
    }

    private async Task FillAsync()
    {
        await using var connection = (NpgsqlConnection)await Fixture.ConnectAsync();
        await using var fill = new NpgsqlCommand(
            $$"""
            insert into busjobs.job (id, kind, queue, payload, state, run_at, finished_at)
            select gen_random_uuid(), 'another', 'another', '{}', (array[0, 1, 3, 3, 3, 4])[1 + n % 6], now() + interval '1 day', now() from generate_series(1, {{Others}}) n
            """, connection);
        await fill.ExecuteNonQueryAsync();
        await using var analyze = new NpgsqlCommand("vacuum (analyze) busjobs.job", connection);
        await analyze.ExecuteNonQueryAsync();
        // Truncating the table before this test has built its indexes anew, which counts as scans, and is told late as well.
        await using var tell = new NpgsqlCommand("select pg_stat_force_next_flush()", connection);
        await tell.ExecuteNonQueryAsync();
    }

    private async Task<long> ReadsOfAsync(string index)
    {
        await using var connection = (NpgsqlConnection)await Fixture.ConnectAsync();
        await using var read = new NpgsqlCommand("select idx_tup_read from pg_stat_user_indexes where schemaname = 'busjobs' and indexrelname = $1", connection);
        read.Parameters.AddWithValue(index);
        return (long)(await read.ExecuteScalarAsync())!;
    }

    private async Task<(long WholeScans, long Updates)> StatisticsAsync()
    {
        await using var connection = (NpgsqlConnection)await Fixture.ConnectAsync();
        await using var read = new NpgsqlCommand(
            "select seq_scan, n_tup_upd from pg_stat_user_tables where schemaname = 'busjobs' and relname = 'job'", connection);
        await using var reader = await read.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }
}
