using BusJobs.Coordinator.Tracking;

namespace BusJobs.UnitTests.Coordinator;

/// <summary>Stories of dispatches that nobody says they hold: handed back, overtaken, or still waiting in their queue.</summary>
public sealed class UnheldWorkTests : IDisposable
{
    private readonly LostWorkStory story = new();

    private static int Lease => LostWorkStory.Lease;

    public void Dispose() => story.Dispose();

    [Fact]
    public void What_was_handed_back_and_nobody_has_comes_back_without_a_crash_when_nobody_died()
    {
        var other = story.Start("b");
        story.Pass(30);
        var dispatch = story.Send();
        other.HandBack(dispatch);
        story.Pass(Lease - 3);
        Assert.Equal(Verdict.Keep, dispatch.Verdict);
        story.Pass(9);
        Assert.Equal(Verdict.Lost, dispatch.Verdict);
    }

    [Fact]
    public void What_was_handed_back_stays_while_its_first_holder_lives_and_runs_it()
    {
        var other = story.Start("b");
        var dispatch = Started("a", out _);
        other.HandBack(dispatch);
        story.Pass(600);
        Assert.Equal(Verdict.Keep, dispatch.Verdict);
    }

    [Fact]
    public void A_first_holder_of_what_was_handed_back_keeps_the_time_to_have_its_settlements_written()
    {
        var other = story.Start("b");
        var dispatch = Started("a", out var worker);
        other.HandBack(dispatch);
        story.Pass(600);
        worker.Drop(dispatch);
        story.Pass(Lease - 3);
        Assert.Equal(Verdict.Keep, dispatch.Verdict);
    }

    [Fact]
    public void What_was_handed_back_after_its_worker_was_killed_before_it_could_say_that_it_held_it_is_charged_with_a_crash()
    {
        var killed = story.Start("a");
        var other = story.Start("b");
        story.Pass(30);
        var dispatch = story.Send();
        killed.TakeSilently(dispatch);
        killed.FallSilent();
        other.HandBack(dispatch);
        story.Pass(Lease + 9);
        Assert.Equal(Verdict.Crashed, dispatch.Verdict);
    }

    [Fact]
    public void A_killer_that_had_waited_in_the_queue_before_it_was_taken_is_charged_all_the_same()
    {
        var killed = story.Start("a");
        var other = story.Start("b");
        story.Pass(30);
        var dispatch = story.Send();
        story.Pass(Lease - 5);
        killed.TakeSilently(dispatch);
        killed.FallSilent();
        other.HandBack(dispatch);
        story.Pass(Lease + 9);
        Assert.Equal(Verdict.Crashed, dispatch.Verdict);
    }

    [Fact]
    public void A_death_from_before_the_dispatch_is_not_held_against_it()
    {
        var dead = story.Start("a");
        var other = story.Start("b");
        story.Pass(30);
        dead.FallSilent();
        story.Pass(Lease + 6);
        Assert.Single(story.Tracker.Live);

        var dispatch = story.Send();
        other.HandBack(dispatch);
        story.Pass(Lease + 9);
        Assert.Equal(Verdict.Lost, dispatch.Verdict);
    }

    [Fact]
    public void What_was_overtaken_in_its_queue_and_nobody_holds_is_lost()
    {
        var worker = story.Start("a");
        story.Pass(30);
        var lost = story.Send();
        worker.Take(story.Send());
        story.Pass(Lease - 3);
        Assert.Equal(Verdict.Keep, lost.Verdict);
        story.Pass(9);
        Assert.Equal(Verdict.Lost, lost.Verdict);
    }

    [Fact]
    public void What_was_overtaken_while_a_worker_of_its_queue_died_is_charged_with_a_crash()
    {
        var worker = story.Start("a");
        var dead = story.Start("b");
        story.Pass(30);
        var lost = story.Send();
        dead.TakeSilently(lost);
        dead.FallSilent();
        worker.Take(story.Send());
        story.Pass(Lease + 9);
        Assert.Equal(Verdict.Crashed, lost.Verdict);
    }

    [Fact]
    public void What_waited_long_is_not_lost_the_moment_that_another_worker_says_it_has_a_later_one()
    {
        var first = story.Start("a");
        var second = story.Start("b");
        story.Pass(30);
        var waiting = story.Send();
        var later = story.Send();
        story.Pass(300);
        first.TakeSilently(waiting);
        second.Take(later);
        first.FallSilent();
        story.Pass(3);
        first.ComeBack();
        Assert.NotEqual(Verdict.Lost, waiting.Verdict);
        story.Pass(60);
        Assert.Equal(Verdict.Keep, waiting.Verdict);
    }

    [Fact]
    public void What_nobody_took_and_nothing_overtook_is_probed_for_and_lost_once_the_probe_has_overtaken_it()
    {
        var worker = story.Start("a");
        story.Pass(30);
        var purged = story.Send();
        story.Pass(Lease + 6);
        Assert.Equal(Verdict.Untaken, purged.Verdict);
        story.Pass(600);
        Assert.Equal(Verdict.Untaken, purged.Verdict);

        story.ProbesGoTo = worker;
        story.Pass((2 * Lease) + 9);
        Assert.Equal(Verdict.Lost, purged.Verdict);
    }

    [Fact]
    public void What_waits_in_its_queue_for_a_worker_is_taken_however_late()
    {
        var worker = story.Start("a");
        story.Pass(30);
        var waiting = story.Send();
        story.Pass(600);
        worker.Take(waiting);
        story.Pass(600);
        Assert.Equal(Verdict.Keep, waiting.Verdict);
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
