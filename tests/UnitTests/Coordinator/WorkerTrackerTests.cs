namespace BusJobs.UnitTests.Coordinator;

public sealed class WorkerTrackerTests : IDisposable
{
    private readonly LostWorkStory story = new();

    public void Dispose() => story.Dispose();

    [Fact]
    public void Slots_are_those_of_live_workers_of_the_queue_that_take_new_work()
    {
        story.Start("a");
        var leaving = story.Start("b");
        story.Pass(3);
        Assert.Equal(8, story.Tracker.SlotsOf(LostWorkStory.Queue));
        Assert.Equal(2, story.Tracker.CountOf(LostWorkStory.Queue));
        Assert.Equal(0, story.Tracker.SlotsOf("other"));

        story.Hear(leaving.Write(draining: true));
        Assert.Equal(4, story.Tracker.SlotsOf(LostWorkStory.Queue));
        leaving.SayGoodbye();
        Assert.Single(story.Tracker.Live);
    }

    [Fact]
    public void Jobs_of_a_key_come_together_only_where_every_worker_of_the_queue_runs_them_one_by_one()
    {
        var (known, older) = (story.Start("a"), story.Start("b"));
        story.Pass(3);
        story.Hear(known.Write() with { RunsChains = true });
        Assert.False(story.Tracker.RunChains(LostWorkStory.Queue));
        story.Hear(older.Write() with { RunsChains = true });
        Assert.True(story.Tracker.RunChains(LostWorkStory.Queue));
    }

    [Fact]
    public void A_kind_is_unknown_only_once_every_worker_has_had_the_time_to_say_what_it_knows()
    {
        story.Start("a");
        story.Pass(3);
        Assert.True(story.Tracker.MayKnow("demo.other", LostWorkStory.Queue));
        story.Pass(60);
        Assert.False(story.Tracker.MayKnow("demo.other", LostWorkStory.Queue));
        Assert.False(story.Tracker.MayKnow("demo.mail", "other"));
        Assert.True(story.Tracker.MayKnow("demo.mail", LostWorkStory.Queue));
    }

    [Fact]
    public void A_dispatch_is_held_while_a_live_worker_says_so()
    {
        var worker = story.Start("a");
        var dispatch = story.Send();
        Assert.False(story.Tracker.IsHeld(dispatch.Id));
        worker.Take(dispatch);
        Assert.True(story.Tracker.IsHeld(dispatch.Id));
        worker.FallSilent();
        story.Pass(60);
        Assert.False(story.Tracker.IsHeld(dispatch.Id));
    }
}
