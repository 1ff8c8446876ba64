using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Ledger;

public abstract class DueContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Only_jobs_whose_time_has_come_are_promoted_earliest_first_up_to_the_limit()
    {
        var soon = await InsertAsync(Job() with { Delay = TimeSpan.FromHours(1) });
        var sooner = await InsertAsync(Job() with { Delay = TimeSpan.FromMinutes(30) });
        var late = await InsertAsync(Job() with { Delay = TimeSpan.FromHours(3) });

        Assert.Equal(0, await Ledger.PromoteAsync(10, T0.AddMinutes(20), CancellationToken.None));
        Assert.Equal(1, await Ledger.PromoteAsync(1, T0.AddHours(2), CancellationToken.None));
        Assert.Equal((LedgerState.Ready, LedgerState.Scheduled), (await StateAsync(sooner), await StateAsync(soon)));
        Assert.Equal(1, await Ledger.PromoteAsync(10, T0.AddHours(2), CancellationToken.None));
        Assert.Equal((LedgerState.Ready, LedgerState.Scheduled), (await StateAsync(soon), await StateAsync(late)));
    }

    [Fact]
    public async Task A_survey_names_the_lanes_with_ready_jobs_and_what_each_has_in_flight()
    {
        await Ledger.InsertManyAsync(Jobs(5), null, CancellationToken.None);
        await ClaimAsync(limit: 3, size: 2);
        await Ledger.InsertManyAsync([Job(queue: "b"), Job(queue: "a"), Job(queue: "a")], null, CancellationToken.None);

        var survey = await Ledger.SurveyAsync(T0, CancellationToken.None);
        Assert.Equal(
            [new LaneSurvey("a", Lane.Normal, 0), new LaneSurvey("b", Lane.Normal, 0), new LaneSurvey(Queue, Lane.Normal, 3)],
            survey.Ready.OrderBy(lane => lane.Queue, StringComparer.Ordinal));
        Assert.Null(survey.NextDue);
    }

    [Fact]
    public async Task A_survey_tells_the_lanes_of_suspects_apart()
    {
        var suspect = await DispatchedAsync();
        await Ledger.ReclaimAsync([suspect.Id], crashed: true, T0, CancellationToken.None);
        await InsertAsync();

        var survey = await Ledger.SurveyAsync(T0, CancellationToken.None);
        Assert.Equal([(Queue, Lane.Normal), (Queue, Lane.Suspect)], survey.Ready.Select(lane => (lane.Queue, lane.Lane)).Order());
    }

    [Fact]
    public async Task A_survey_tells_how_long_until_the_next_job_is_due()
    {
        await InsertAsync(Job() with { RunAt = T0.AddHours(2) });
        await InsertAsync(Job() with { RunAt = T0.AddHours(1) });

        Assert.Equal(TimeSpan.FromHours(1), (await Ledger.SurveyAsync(T0, CancellationToken.None)).NextDue);
        Assert.Equal(TimeSpan.Zero, (await Ledger.SurveyAsync(T0.AddHours(1.5), CancellationToken.None)).NextDue);
    }

    [Fact]
    public async Task A_wait_is_skipped_when_the_recheck_finds_work()
    {
        await using var waiting = Fixture.OpenAnother();
        await waiting.WaitForWorkAsync(Long, _ => Task.FromResult(true), CancellationToken.None).WaitAsync(Long / 2);
    }

    [Fact]
    public async Task A_wait_ends_after_its_time()
    {
        await using var waiting = Fixture.OpenAnother();
        await waiting.WaitForWorkAsync(TimeSpan.FromMilliseconds(5), _ => Task.FromResult(false), CancellationToken.None).WaitAsync(Long);
    }

    [Fact]
    public async Task A_wait_ends_when_a_job_is_inserted_by_the_same_ledger()
    {
        await using var waiting = Fixture.OpenAnother();
        await WokenAsync(waiting, () => waiting.InsertAsync(Job(), null, CancellationToken.None));
    }

    [Fact]
    public async Task A_wait_ends_when_another_connection_commits_a_job()
    {
        await using var waiting = Fixture.OpenAnother();
        await WokenAsync(waiting, async () =>
        {
            await using var connection = await Fixture.ConnectAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await Ledger.InsertAsync(Job(), transaction, CancellationToken.None);
            await transaction.CommitAsync();
        });
    }

    [Fact]
    public async Task A_wait_can_be_cancelled()
    {
        await using var waiting = Fixture.OpenAnother();
        using var stop = new CancellationTokenSource();
        var wait = waiting.WaitForWorkAsync(
            Long, async _ => { await stop.CancelAsync(); return false; }, stop.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(Long / 2));
    }

    private static async Task WokenAsync(ILedger waiting, Func<Task> commit)
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var wait = Task.Run(() => waiting.WaitForWorkAsync(
            Long,
            _ =>
            {
                listening.TrySetResult();
                return Task.FromResult(false);
            },
            CancellationToken.None));
        await listening.Task.WaitAsync(Long / 2);
        await commit();
        await wait.WaitAsync(Long / 2);
    }
}
