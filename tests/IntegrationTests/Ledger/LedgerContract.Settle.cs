using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Ledger;

public abstract class SettleContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    [Fact]
    public async Task A_completed_job_has_succeeded_and_its_dispatch_is_gone()
    {
        var dispatch = await DispatchedAsync();
        var report = await SettleAsync(dispatch, Ending.Completed);

        Assert.Equal((1, 0, false, 0), (report.Applied, report.Stale, report.MoreReady, report.Dead.Count));
        var found = await FindAsync(dispatch.Jobs[0].Id);
        Assert.Equal((LedgerState.Succeeded, 1, T0), (found.State, found.Attempts, found.FinishedAt));
        var attempt = Assert.Single(found.History);
        Assert.Equal((1, 1, Ending.Completed, "worker-1", 7.0), (attempt.Fence, attempt.Number, attempt.Ending, attempt.Worker, attempt.Duration.TotalMilliseconds));
        Assert.Equal((0, 0), (await OpenAsync(), await RowsAsync("attempt")));
    }

    [Fact]
    public async Task Settling_twice_leaves_one_row_and_counts_the_second_as_stale()
    {
        var dispatch = await DispatchedAsync();
        await SettleAsync(dispatch, Ending.Completed);
        var report = await SettleAsync(dispatch, Ending.DeadLettered, reason: "late");

        Assert.Equal((0, 1), (report.Applied, report.Stale));
        Assert.Equal(LedgerState.Succeeded, await StateAsync(dispatch.Jobs[0].Id));
        var counts = await CountsAsync();
        Assert.Equal((1, 1, 0), (counts.Succeeded, counts.Stale, counts.DeadNow));
    }

    [Fact]
    public async Task Of_two_words_on_one_job_in_a_batch_the_first_counts()
    {
        var dispatch = await DispatchedAsync();
        var report = await SettleAsync(
            Settled(dispatch, [Word(dispatch.Jobs[0], Ending.Snoozed) with { DelayMs = 1000 }]), Settled(dispatch, [Word(dispatch.Jobs[0], Ending.Completed)]));

        Assert.Equal((1, 1), (report.Applied, report.Stale));
        Assert.Equal(LedgerState.Scheduled, await StateAsync(dispatch.Jobs[0].Id));
    }

    [Fact]
    public async Task A_settlement_with_an_old_fence_changes_nothing_even_beside_the_right_one()
    {
        var old = await DispatchedAsync();
        await Ledger.ReclaimAsync([old.Id], crashed: false, T0, CancellationToken.None);
        var current = Assert.Single(await ClaimAsync());
        var report = await SettleAsync(
            Settled(old, [Word(old.Jobs[0], Ending.DeadLettered) with { Reason = "old" }]),
            Settled(current, [Word(current.Jobs[0], Ending.RetryAt) with { Reason = "new", DelayMs = 60_000 }]));

        Assert.Equal((1, 1), (report.Applied, report.Stale));
        var found = await FindAsync(current.Jobs[0].Id);
        Assert.Equal((LedgerState.Scheduled, "new", 1, 2), (found.State, found.Reason, found.Attempts, Assert.Single(found.History).Fence));
    }

    [Theory]
    [InlineData(60_000, LedgerState.Scheduled)]
    [InlineData(0, LedgerState.Ready)]
    public async Task A_retry_burns_an_attempt_and_is_due_after_its_delay(long delayMs, LedgerState expected)
    {
        var dispatch = await DispatchedAsync();
        var report = await SettleAsync(dispatch, Ending.RetryAt, delayMs, "it failed");

        var found = await FindAsync(dispatch.Jobs[0].Id);
        Assert.Equal((expected, 1, "it failed", T0.AddMilliseconds(delayMs)), (found.State, found.Attempts, found.Reason, found.RunAt));
        var attempt = Assert.Single(found.History);
        Assert.Equal((Ending.RetryAt, 1, "it failed", T0), (attempt.Ending, attempt.Number, attempt.Reason, attempt.EndedAt));
        Assert.Equal((1, expected == LedgerState.Ready), ((await CountsAsync()).Retried, report.MoreReady));
    }

    [Fact]
    public async Task A_snooze_burns_no_attempt_and_leaves_no_record()
    {
        var dispatch = await DispatchedAsync();
        await SettleAsync(dispatch, Ending.Snoozed, 60_000, "later");

        var found = await FindAsync(dispatch.Jobs[0].Id);
        Assert.Equal((LedgerState.Scheduled, 0, "later", T0.AddMinutes(1)), (found.State, found.Attempts, found.Reason, found.RunAt));
        Assert.Empty(found.History);
    }

    [Fact]
    public async Task A_job_released_at_once_keeps_its_place_and_one_released_with_a_delay_waits()
    {
        var dispatch = await DispatchedAsync();
        var before = (await FindAsync(dispatch.Jobs[0].Id)).RunAt;
        Assert.True((await SettleAsync(dispatch, Ending.Released)).MoreReady);

        var found = await FindAsync(dispatch.Jobs[0].Id);
        Assert.Equal((LedgerState.Ready, 0, before), (found.State, found.Attempts, found.RunAt));
        await SettleAsync(Assert.Single(await ClaimAsync()), Ending.Released, 60_000, "no handler here");
        found = await FindAsync(found.Id);
        Assert.Equal((LedgerState.Scheduled, 0, T0.AddMinutes(1)), (found.State, found.Attempts, found.RunAt));
        Assert.Empty(found.History);
    }

    [Theory]
    [InlineData(Ending.DeadLettered)]
    [InlineData(Ending.UnknownKind)]
    public async Task A_dead_letter_is_kept_with_its_reason_and_copied(Ending ending)
    {
        var dispatch = await DispatchedAsync(Job() with { Payload = """{"x":1}""" });
        var report = await SettleAsync(dispatch, ending, reason: "broken");

        var found = await FindAsync(dispatch.Jobs[0].Id);
        Assert.Equal((LedgerState.Dead, 1, "broken", T0), (found.State, found.Attempts, found.Reason, found.FinishedAt));
        Assert.Equal(ending, Assert.Single(found.History).Ending);
        var copy = Assert.Single(report.Dead);
        Assert.Equal((found.Id, Kind, Queue, 1, "broken", """{"x":1}"""), (copy.JobId, copy.Kind, copy.Queue, copy.Attempts, copy.Reason, copy.Payload));
        Assert.Equal(1, (await CountsAsync()).DeadNow);
    }

    [Theory]
    [InlineData(Ending.RetryAt, 60_000)]
    [InlineData(Ending.Snoozed, 60_000)]
    [InlineData(Ending.Released, 0)]
    [InlineData(Ending.Cancelled, 0)]
    public async Task A_running_job_whose_cancellation_was_asked_for_does_not_come_back(Ending ending, long delayMs)
    {
        var dispatch = await DispatchedAsync();
        Assert.Equal(CancelResult.Requested, await Ledger.CancelAsync(dispatch.Jobs[0].Id, T0, CancellationToken.None));
        await SettleAsync(dispatch, ending, delayMs);

        var found = await FindAsync(dispatch.Jobs[0].Id);
        Assert.Equal((LedgerState.Cancelled, T0), (found.State, found.FinishedAt));
        var counts = await CountsAsync();
        Assert.Equal((1, 0, 0), (counts.Cancelled, counts.Retried, counts.Live));
    }

    [Fact]
    public async Task A_job_that_completed_before_it_gave_way_has_succeeded()
    {
        var dispatch = await DispatchedAsync();
        await Ledger.CancelAsync(dispatch.Jobs[0].Id, T0, CancellationToken.None);
        await SettleAsync(dispatch, Ending.Completed);

        Assert.Equal(LedgerState.Succeeded, await StateAsync(dispatch.Jobs[0].Id));
    }

    [Fact]
    public async Task Follow_ups_are_inserted_with_a_success_and_with_nothing_else()
    {
        var dispatch = await DispatchedAsync();
        var (wanted, unwanted) = (Job(), Job());
        await SettleAsync(Settled(dispatch, [Word(dispatch.Jobs[0], Ending.RetryAt) with { FollowUps = [unwanted] }]));
        var again = Assert.Single(await ClaimAsync());
        await SettleAsync(Settled(dispatch, [Word(dispatch.Jobs[0], Ending.Completed) with { FollowUps = [unwanted] }]));
        var report = await SettleAsync(Settled(again, [Word(again.Jobs[0], Ending.Completed) with { FollowUps = [wanted] }]));

        Assert.True(report.MoreReady);
        Assert.Equal(LedgerState.Ready, await StateAsync(wanted.Id));
        Assert.Null(await Ledger.FindAsync(unwanted.Id, CancellationToken.None));
        Assert.Equal((again.Jobs[0].Id, 0), ((await FindAsync(wanted.Id)).Follows, (await FindAsync(wanted.Id)).FollowUps.Count));
        Assert.Equal([new FollowUp(wanted.Id, Kind, LedgerState.Ready, Tenant: null)], (await FindAsync(again.Jobs[0].Id)).FollowUps);
        Assert.Null((await FindAsync(again.Jobs[0].Id)).Follows);
    }

    [Fact]
    public async Task A_dispatch_stays_open_until_its_last_word()
    {
        await Ledger.InsertManyAsync(Jobs(2), null, CancellationToken.None);
        var dispatch = Assert.Single(await ClaimAsync());
        await SettleAsync(Settled(dispatch, [Word(dispatch.Jobs[0], Ending.Completed)], last: false));
        Assert.Equal(1, await OpenAsync());
        await SettleAsync(Settled(dispatch, [Word(dispatch.Jobs[1], Ending.Completed)]));

        Assert.Equal((0, 2), (await OpenAsync(), (await CountsAsync()).Succeeded));
    }

    [Fact]
    public async Task A_dispatch_whose_last_word_overtook_another_leaves_no_job_behind()
    {
        await Ledger.InsertManyAsync(Jobs(2), null, CancellationToken.None);
        var dispatch = Assert.Single(await ClaimAsync());
        await SettleAsync(Settled(dispatch, [Word(dispatch.Jobs[1], Ending.Completed)]));

        var open = await Ledger.OpenDispatchesAsync(10, CancellationToken.None);
        Assert.Equal(dispatch.Id, Assert.Single(open).Id);
        Assert.Equal(1, (await Ledger.ReclaimAsync([dispatch.Id], crashed: false, T0, CancellationToken.None)).Ready);
    }

    [Fact]
    public async Task A_dispatch_whose_last_word_overtook_another_takes_up_no_room_and_closes_when_the_other_arrives()
    {
        await Ledger.InsertManyAsync([.. Jobs(2), Job(queue: "other")], null, CancellationToken.None);
        var dispatch = Assert.Single(await ClaimAsync());
        await SettleAsync(Settled(dispatch, [Word(dispatch.Jobs[1], Ending.Snoozed)]));
        Assert.Equal([0, 0], (await Ledger.SurveyAsync(T0, CancellationToken.None)).Ready.Select(lane => lane.InFlight));
        await SettleAsync(Settled(dispatch, [Word(dispatch.Jobs[0], Ending.Completed)], last: false));

        Assert.Equal((0, 1), (await OpenAsync(), (await CountsAsync()).Succeeded));
    }

    [Fact]
    public async Task A_repeated_message_does_not_pass_for_words_on_the_whole_dispatch()
    {
        await Ledger.InsertManyAsync(Jobs(2), null, CancellationToken.None);
        var dispatch = Assert.Single(await ClaimAsync());
        var message = Settled(dispatch, [Word(dispatch.Jobs[1], Ending.Completed)]);
        await SettleAsync(message, message);

        Assert.Equal((1, 1), (await OpenAsync(), (await CountsAsync()).Dispatched));
    }
}
