using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>Many jobs that are cancelled while somebody holds some of them.</summary>
public sealed class PostgresCancelTests(PostgresLedgerFixture fixture) : LedgerContract(fixture), IClassFixture<PostgresLedgerFixture>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_job_that_somebody_holds_is_cancelled_last_and_keeps_no_other_waiting()
    {
        var jobs = Jobs(20);
        await AddAsync(jobs);
        await HeldAsync(jobs[0].Id, jobs, async () => (await CountsAsync()).Cancelled == 19);
    }

    [Fact]
    public async Task A_pack_that_would_wait_for_the_next_job_of_a_serial_key_gives_up_and_its_jobs_go_one_by_one()
    {
        var (first, next) = (Job() with { SerialKey = "s" }, Job() with { SerialKey = "s" });
        var jobs = Jobs(20);
        await AddAsync([first, next, .. jobs]);
        await Fixture.ExecuteAsync($"update busjobs.job set behind = '{first.Id}' where id = '{next.Id}'");
        await HeldAsync(next.Id, [.. jobs, first], async () =>
            await CountAsync("pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%where id = $1 for update%'") == 1);
        Assert.Equal(0, await CountAsync("busjobs.job where behind is not null"));
    }

    /// <summary>Cancels jobs while another transaction holds one, until they are as far as they can come; then that one is let go.</summary>
    private async Task HeldAsync(Guid held, IReadOnlyCollection<NewJob> jobs, Func<Task<bool>> isAsFarAsCanBe)
    {
        await using var connection = await Fixture.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = connection.CreateCommand())
        {
            hold.CommandText = $"select from busjobs.job where id = '{held}' for update";
            await hold.ExecuteNonQueryAsync();
        }

        var cancelling = Task.Run(() => Ledger.CancelManyAsync([.. jobs.Select(job => job.Id)], T0, None));
        await Eventually.HoldsAsync(isAsFarAsCanBe);
        Assert.False(cancelling.IsCompleted);
        await transaction.CommitAsync();
        Assert.Equal(new CancelReport(jobs.Count, 0), await cancelling);
        Assert.Equal(jobs.Count, (await CountsAsync()).Cancelled);
    }

    private async Task<long> CountAsync(string from)
    {
        await using var connection = await Fixture.ConnectAsync();
        await using var count = connection.CreateCommand();
        count.CommandText = $"select count(*) from {from}";
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
