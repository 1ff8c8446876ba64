using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>Two who write the same jobs at the same time.</summary>
public sealed class PostgresSettleRaceTests(PostgresLedgerFixture fixture) : LedgerContract(fixture), IClassFixture<PostgresLedgerFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(Ending.Completed)]
    [InlineData(Ending.DeadLettered)]
    public async Task A_settlement_and_a_reclaim_of_the_same_jobs_do_not_wait_for_each_other_in_a_circle(Ending least)
    {
        // A table of three rows is read whole, in no order at all.
        await AddAsync(Enumerable.Range(0, 5_000).Select(_ => Job(queue: "elsewhere")).ToList());
        await Fixture.ExecuteAsync("analyze busjobs.job");
        await AddAsync(Jobs(3));
        var dispatch = Assert.Single(await ClaimAsync());
        var jobs = dispatch.Jobs.OrderByDescending(job => job.Id).ToList();
        var words = jobs.ConvertAll(job => Word(job, job == jobs[^1] ? least : Ending.Completed) with { Reason = "broken" });

        await using var connection = await Fixture.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = connection.CreateCommand())
        {
            hold.CommandText = $"select from busjobs.job where id = '{jobs[1].Id}' for update";
            await hold.ExecuteNonQueryAsync();
        }

        var settling = Task.Run(() => SettleAsync(Settled(dispatch, words)));
        await LockedOutAsync(1);
        var reclaiming = Task.Run(() => Ledger.ReclaimAsync([dispatch.Id], crashed: false, T0, None));
        await LockedOutAsync(2);
        await transaction.CommitAsync();

        Assert.Equal((3, 0), ((await settling).Applied, (await reclaiming).Ready));
        Assert.Equal(0, await OpenAsync());
    }

    private Task LockedOutAsync(int most) => Eventually.HoldsAsync(async () =>
    {
        await using var connection = await Fixture.ConnectAsync();
        await using var count = connection.CreateCommand();
        count.CommandText = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        return (long)(await count.ExecuteScalarAsync())! == most;
    });
}
