using BusJobs.Coordinator.Tracking;

namespace BusJobs.UnitTests.Coordinator;

/// <summary>One story per way in which work gets lost, or only seems to be.</summary>
public sealed class LostWorkTests : IDisposable
{
    private readonly LostWorkStory story = new();

    private static int Lease => LostWorkStory.Lease;

    public void Dispose() => story.Dispose();

    [Fact]
    public void What_a_live_worker_holds_stays_however_long_it_takes()
    {
        var dispatch = Started("a", out _);
        story.Pass(3_600);
        Assert.Equal(Verdict.Keep, dispatch.Verdict);
    }

    [Fact]
    public void What_a_dead_worker_held_comes_back_a_lease_later_and_is_charged_with_a_crash()
    {
        var dispatch = Started("a", out var worker);
        worker.FallSilent();
        story.Pass(Lease - 3);
        Assert.Equal(Verdict.Keep, dispatch.Verdict);
        story.Pass(9);
        Assert.Equal(Verdict.Crashed, dispatch.Verdict);
        Assert.Empty(story.Tracker.Live);
    }

    [Fact]
    public void What_a_worker_left_behind_when_it_said_goodbye_comes_back_without_a_crash()
    {
        var dispatch = Started("a", out var worker);
        worker.SayGoodbye();
        story.Pass(Lease + 6);
        Assert.Equal(Verdict.Lost, dispatch.Verdict);
    }

    [Fact]
    public void What_a_frozen_worker_held_runs_elsewhere_and_what_it_takes_after_waking_is_its_own_again()
    {
        var before = Started("a", out var worker);
        worker.FallSilent();
        story.Pass(60);
        Assert.Equal(Verdict.Crashed, before.Verdict);

        worker.ComeBack();
        worker.Drop(before);
        story.Pass(6);
        var after = story.Send();
        worker.Take(after);
        story.Pass(6);
        Assert.Equal(Verdict.Keep, after.Verdict);
    }

    [Fact]
    public void A_worker_that_was_thought_dead_and_came_back_is_given_the_time_to_have_its_settlements_written()
    {
        Started("a", out var worker);
        worker.FallSilent();
        story.Pass(60);
        worker.ComeBack();
        var dispatch = story.Send();
        worker.Take(dispatch);
        story.Pass(3);

        worker.Drop(dispatch);
        story.Pass(Lease - 3);
        Assert.Equal(Verdict.Keep, dispatch.Verdict);
    }

    [Fact]
    public void While_the_broker_is_away_nobody_is_declared_dead_and_afterwards_everybody_gets_a_fresh_lease()
    {
        var dispatch = Started("a", out _);
        story.BrokerIsUp = false;
        story.Pass(60);
        Assert.False(story.Tracker.IsCurrent);
        Assert.Single(story.Tracker.Live);

        story.BrokerIsUp = true;
        story.Pass(3);
        Assert.True(story.Tracker.IsCurrent);
        Assert.False(story.Tracker.IsWarm);
        story.Pass(60);
        Assert.True(story.Tracker.IsWarm);
        Assert.Equal(Verdict.Keep, dispatch.Verdict);
    }

    [Fact]
    public void A_worker_that_died_while_the_broker_was_away_is_found_a_lease_after_its_return()
    {
        var dispatch = Started("a", out var worker);
        story.BrokerIsUp = false;
        story.Pass(30);
        worker.FallSilent();
        story.Pass(30);
        story.BrokerIsUp = true;
        story.Pass(Lease);
        Assert.Equal(Verdict.Keep, dispatch.Verdict);
        story.Pass(9);
        Assert.Equal(Verdict.Crashed, dispatch.Verdict);
    }

    [Fact]
    public void A_coordinator_that_was_frozen_itself_declares_nobody_dead()
    {
        var dispatch = Started("a", out var worker);
        story.CoordinatorIsFrozen = true;
        story.Pass(60);
        Assert.False(story.Tracker.IsCurrent);

        // The first thing it gets to see is an old echo; the beats come after it.
        story.CoordinatorIsFrozen = false;
        story.Tracker.Prove(story.Clock.GetTimestamp());
        Assert.Single(story.Tracker.Live);
        story.Hear(worker.Write());
        story.Pass(60);
        Assert.Equal(Verdict.Keep, dispatch.Verdict);
    }

    [Fact]
    public void An_echo_that_comes_late_proves_nothing_about_the_time_since_it_was_sent()
    {
        var dispatch = Started("a", out _);
        var sentAt = story.Clock.GetTimestamp();
        story.CoordinatorIsFrozen = true;
        story.Pass(60);
        story.Tracker.Prove(sentAt);
        Assert.False(story.Tracker.IsCurrent);
        Assert.Single(story.Tracker.Live);
        Assert.Equal(Verdict.Keep, dispatch.Verdict);
    }

    [Fact]
    public void A_worker_that_answers_and_yet_dropped_the_dispatch_loses_it_without_a_crash()
    {
        var dispatch = Started("a", out var worker);
        worker.Drop(dispatch);
        story.Pass(Lease - 3);
        Assert.Equal(Verdict.Keep, dispatch.Verdict);
        story.Pass(9);
        Assert.Equal(Verdict.Lost, dispatch.Verdict);
    }

    [Fact]
    public void A_coordinator_without_a_pulse_judges_nothing()
    {
        var dispatch = story.Send();
        Assert.Equal(Verdict.Keep, story.Tracker.Judge(dispatch.Id, LostWorkStory.Queue, dispatch.Sequence, TimeSpan.FromDays(1)));
        Assert.False(story.Tracker.IsCurrent);
        Assert.True(story.Tracker.MayKnow("demo.unheard-of", LostWorkStory.Queue));
    }

    [Fact]
    public void A_coordinator_that_just_started_waits_a_lease_for_holders_to_speak()
    {
        var held = Started("a", out _);
        story.RestartCoordinator();
        story.Pass(60);
        Assert.Equal(Verdict.Keep, held.Verdict);
    }

    [Fact]
    public void What_was_lost_before_the_coordinator_started_is_charged_as_nobody_can_tell_whether_a_worker_died_of_it()
    {
        var worker = story.Start("a");
        var lost = story.Send();
        story.Pass(30);
        story.RestartCoordinator();
        worker.Take(story.Send());
        story.Pass(3);
        Assert.Equal(Verdict.Keep, lost.Verdict);
        story.Pass((2 * Lease) + 9);
        Assert.Equal(Verdict.Crashed, lost.Verdict);
    }

    private StoryDispatch Started(string name, out StoryWorker worker)
    {
        worker = story.Start(name);
        story.Pass(30);
        var dispatch = story.Send();
        worker.Take(dispatch);
        story.Pass(3);
        return dispatch;
    }
}
