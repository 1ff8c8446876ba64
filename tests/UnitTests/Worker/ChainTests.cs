using BusJobs.Wire;

namespace BusJobs.UnitTests.Worker;

/// <summary>Jobs of one serial key that came together.</summary>
public sealed class ChainTests
{
    private readonly List<string> order = [];

    [Fact]
    public async Task They_run_one_after_the_other_beside_other_jobs_and_are_settled_at_once()
    {
        var (running, most) = (0, 0);
        await using var story = new WorkerStory(
            async (job, _, _) =>
            {
                if (job.What.StartsWith('k'))
                {
                    most = Math.Max(most, Interlocked.Increment(ref running));
                    Note(job.What);
                }

                await Task.Yield();
                if (job.What.StartsWith('k'))
                {
                    Interlocked.Decrement(ref running);
                }
            });
        var jobs = Chain("k1", "k2", "k3", "k4");
        await story.DeliverAsync(story.Dispatch([WorkerStory.Job("a"), .. jobs, WorkerStory.Job("b")]));
        Assert.Equal(1, most);
        Assert.Equal(["k1", "k2", "k3", "k4"], order);
        var messages = await AllAsync(story, 6);
        Assert.All(messages.SelectMany(message => message.Jobs), job => Assert.Equal(Ending.Completed, job.Ending));
        // The first is not told of before the last has ended.
        var withChain = Assert.Single(messages, message => message.Jobs.Any(job => job.JobId == jobs[0].Id));
        Assert.Equal(jobs.Select(job => job.Id), withChain.Jobs.Select(job => job.JobId).Where(id => jobs.Any(job => job.Id == id)));
    }

    [Theory]
    [InlineData("retry", Ending.RetryAt)]
    [InlineData("snooze", Ending.Snoozed)]
    public async Task Behind_one_that_is_to_run_again_nobody_begins_and_all_go_back(string how, Ending ending)
    {
        await using var story = new WorkerStory((job, _, _) =>
        {
            Note(job.What);
            return job.What switch
            {
                "retry" => throw new InvalidOperationException("not now"),
                "snooze" => throw new SnoozeJobException(TimeSpan.FromMinutes(1)),
                _ => Task.CompletedTask,
            };
        });
        var jobs = Chain("first", how, "third", "fourth");
        await story.DeliverAsync(story.Dispatch(jobs));
        var settled = Assert.Single(await AllAsync(story, 4)).Jobs;
        Assert.Equal(["first", how], order);
        Assert.Equal([Ending.Completed, ending, Ending.Released, Ending.Released], settled.Select(job => job.Ending));
        Assert.Equal(jobs.Select(job => job.Id), settled.Select(job => job.JobId));
    }

    [Fact]
    public async Task One_that_died_or_was_cancelled_before_its_turn_lets_the_next_begin()
    {
        var (begun, go) = (new SemaphoreSlim(0), new TaskCompletionSource());
        await using var story = new WorkerStory(async (job, _, _) =>
        {
            Note(job.What);
            if (job.What == "first")
            {
                begun.Release();
                await go.Task;
                throw new PermanentJobException("never");
            }
        });
        var jobs = Chain("first", "second", "third");
        var delivery = story.DeliverAsync(story.Dispatch(jobs));
        await begun.WaitAsync();
        story.Parts.Held.Cancel([jobs[1].Id]);
        Assert.True(story.NothingSettled);
        go.SetResult();
        await delivery;
        Assert.Equal(["first", "third"], order);
        Assert.Equal([Ending.DeadLettered, Ending.Cancelled, Ending.Completed], Assert.Single(await AllAsync(story, 3)).Jobs.Select(job => job.Ending));
    }

    [Fact]
    public async Task A_chain_that_takes_long_goes_back_from_the_next_one_on()
    {
        WorkerStory? story = null;
        await using var told = story = new WorkerStory((job, _, _) =>
        {
            Note(job.What);
            story!.Clock.Advance(TimeSpan.FromMilliseconds(job.What == "second" ? 300 : 10));
            return Task.CompletedTask;
        });
        await story.DeliverAsync(story.Dispatch(Chain("first", "second", "third", "fourth")));
        Assert.Equal(["first", "second"], order);
        Assert.Equal(
            [Ending.Completed, Ending.Completed, Ending.Released, Ending.Released], (await AllAsync(story, 4)).SelectMany(message => message.Jobs).Select(job => job.Ending));
    }

    [Fact]
    public async Task A_drain_lets_the_one_that_runs_end_and_gives_the_others_back()
    {
        var (begun, go) = (new SemaphoreSlim(0), new TaskCompletionSource());
        await using var story = new WorkerStory(
            async (job, _, _) =>
            {
                Note(job.What);
                begun.Release();
                await go.Task;
            }, slots: 1);
        var delivery = story.DeliverAsync(story.Dispatch([.. Chain("first", "second"), .. Chain("waiting", "behind it")]));
        await begun.WaitAsync();
        story.Parts.Drain.Begin();
        go.SetResult();
        await delivery;
        Assert.Equal(["first"], order);
        Assert.Equal(
            [Ending.Completed, Ending.Released, Ending.Released, Ending.Released],
            (await AllAsync(story, 4)).SelectMany(message => message.Jobs).Select(job => job.Ending).Order());
    }

    [Fact]
    public async Task Beside_a_handler_that_was_given_up_no_other_of_its_key_begins()
    {
        var (begun, release) = (new SemaphoreSlim(0), new ManualResetEventSlim());
        await using var story = new WorkerStory((job, _, _) =>
        {
            Note(job.What);
            begun.Release();
            release.Wait(CancellationToken.None);
            return Task.CompletedTask;
        }, policy: JobPolicy.Default with { MaxAttempts = 1 });
        var jobs = Chain("first", "second");
        var delivery = story.DeliverAsync(story.Dispatch([jobs[0] with { TimeoutMs = 1_000 }, jobs[1]]));
        await begun.WaitAsync();
        story.Clock.Advance(TimeSpan.FromSeconds(1));
        story.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal([Ending.DeadLettered, Ending.Released], (await AllAsync(story, 2)).SelectMany(message => message.Jobs).Select(job => job.Ending));
        release.Set();
        await delivery;
        Assert.Equal(["first"], order);
    }

    [Fact]
    public async Task Nobody_begins_behind_one_of_which_it_is_not_known_that_it_has_ended()
    {
        var (begun, go) = (new SemaphoreSlim(0), new TaskCompletionSource());
        await using var story = new WorkerStory(async (job, _, _) =>
        {
            Note(job.What);
            begun.Release();
            await go.Task;
        });
        var delivery = story.DeliverAsync(story.Dispatch(Chain("first", "second", "third")));
        await begun.WaitAsync();
        var second = Assert.Single(story.Parts.Held.Snapshot()).Runs[1];
        Assert.Null(second.Chain!.After(second, mayBegin: true));
        go.SetResult();
        await delivery;
        Assert.Equal(["first", "second"], order);
        Assert.Equal([Ending.Completed, Ending.Completed, Ending.Released], (await AllAsync(story, 3)).SelectMany(message => message.Jobs).Select(job => job.Ending));
    }

    private void Note(string what)
    {
        lock (order)
        {
            order.Add(what);
        }
    }

    private static DispatchedJob[] Chain(params string[] names) => [.. names.Select((name, place) => WorkerStory.Job(name) with { Follows = place > 0 })];

    private static async Task<List<Settled>> AllAsync(WorkerStory story, int jobs)
    {
        var messages = new List<Settled>();
        while (messages.Sum(message => message.Jobs.Count) < jobs)
        {
            messages.Add(await story.NextAsync());
        }

        return messages;
    }
}
