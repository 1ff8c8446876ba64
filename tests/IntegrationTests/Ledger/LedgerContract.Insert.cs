using System.Data;
using System.Data.Common;

namespace BusJobs.IntegrationTests.Ledger;

public abstract class InsertContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    [Fact]
    public async Task A_new_job_is_ready_and_keeps_all_it_was_given()
    {
        var job = Job() with
        {
            Payload = """{ "b": 1,  "a": "ü€😀\n" }""",
            Priority = 7,
            MaxAttempts = 3,
            Timeout = TimeSpan.FromSeconds(90),
            Tenant = "org-1",
            Tags = ["one", "two"],
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        };
        await InsertAsync(job);

        var found = await FindAsync(job.Id);
        Assert.Equal(
            (job.Payload, job.Priority, job.MaxAttempts, job.Timeout, job.Tenant, job.TraceParent, LedgerState.Ready, Kind, Queue),
            (found.Payload, found.Priority, found.MaxAttempts, found.Timeout, found.Tenant, found.TraceParent, found.State, found.Kind, found.Queue));
        Assert.Equal(job.Tags, found.Tags);
        Assert.Equal((0, 0, 0), (found.Attempts, found.Fence, found.Crashes));
        Assert.InRange(found.EnqueuedAt, T0.AddSeconds(-5), T0.AddMinutes(1));
        Assert.Null(await Ledger.FindAsync(NewId(), CancellationToken.None));
    }

    [Fact]
    public async Task A_known_id_changes_nothing()
    {
        var id = await InsertAsync();

        Assert.Equal(
            new EnqueueResult.Duplicate(id), await Ledger.InsertAsync(Job(id) with { Payload = """{"other":1}""" }, null, CancellationToken.None));
        Assert.Equal("{}", (await FindAsync(id)).Payload);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1200)]
    public async Task Jobs_rolled_back_with_the_callers_transaction_were_never_there(int count)
    {
        await using var connection = await Fixture.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        Assert.Equal(count, await AddAsync(Jobs(count), transaction));
        await transaction.RollbackAsync();

        Assert.Equal(0, await RowsAsync("job"));
    }

    [Fact]
    public async Task Jobs_are_seen_once_the_callers_transaction_commits()
    {
        await using var connection = await Fixture.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        Assert.IsType<EnqueueResult.Enqueued>(await Ledger.InsertAsync(Job(), transaction, CancellationToken.None));
        Assert.Equal(0, (await CountsAsync()).Ready);
        await transaction.CommitAsync();

        Assert.Equal(1, (await CountsAsync()).Ready);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Many_jobs_are_inserted_at_once_and_known_ids_are_passed_over(bool within)
    {
        var jobs = Jobs(2000);
        await Ledger.InsertManyAsync(jobs[..100], null, CancellationToken.None);
        await using var connection = await Fixture.ConnectAsync();
        await using var transaction = within ? await connection.BeginTransactionAsync() : null;
        var added = await AddAsync(jobs, transaction);
        await (transaction?.CommitAsync() ?? Task.CompletedTask);

        Assert.Equal(1900, added);
        Assert.Equal(2000, (await CountsAsync()).Ready);
    }

    [Fact]
    public async Task An_id_given_twice_in_one_call_is_inserted_once()
    {
        var jobs = Jobs(60);
        Assert.Equal(60, await AddAsync([.. jobs, .. jobs]));
        Assert.Equal(0, await AddAsync([]));
    }

    [Fact]
    public async Task A_delayed_job_and_one_with_a_later_start_wait_for_their_time()
    {
        var delayed = await InsertAsync(Job() with { Delay = TimeSpan.FromHours(1) });
        var later = await InsertAsync(Job() with { RunAt = T0.AddHours(2).ToOffset(TimeSpan.FromHours(3)) });

        Assert.Equal((LedgerState.Scheduled, LedgerState.Scheduled), (await StateAsync(delayed), await StateAsync(later)));
        Assert.InRange((await FindAsync(delayed)).RunAt, T0.AddHours(1).AddSeconds(-5), T0.AddHours(1).AddMinutes(1));
        Assert.Equal(T0.AddHours(2), (await FindAsync(later)).RunAt);
        Assert.Empty(await ClaimAsync());
    }

    [Fact]
    public async Task A_start_in_the_past_means_now_and_does_not_jump_the_queue()
    {
        var first = await InsertAsync();
        var old = await InsertAsync(Job() with { RunAt = T0.AddYears(-1) });

        Assert.Equal(LedgerState.Ready, await StateAsync(old));
        Assert.Equal([first, old], (await ClaimAsync()).SelectMany(dispatch => dispatch.Jobs).Select(job => job.Id));
    }

    [Fact]
    public async Task A_transaction_of_another_provider_is_refused_in_one_sentence()
    {
        await using var foreign = new ForeignTransaction();
        var refused = await Assert.ThrowsAsync<JobRefusedException>(() => Ledger.InsertAsync(Job(), foreign, CancellationToken.None));

        Assert.Contains("ForeignTransaction", refused.Message, StringComparison.Ordinal);
    }

    private sealed class ForeignTransaction : DbTransaction
    {
        public override IsolationLevel IsolationLevel => IsolationLevel.Unspecified;

        protected override DbConnection? DbConnection => null;

        public override void Commit() => throw new NotSupportedException();

        public override void Rollback() => throw new NotSupportedException();
    }
}
