using System.Threading.Channels;
using BusJobs.Bus;
using BusJobs.Coordinator;
using BusJobs.Coordinator.Dispatching;
using BusJobs.Coordinator.Settling;
using BusJobs.UnitTests.Support;
using BusJobs.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BusJobs.UnitTests.Coordinator;

public sealed class SettlerTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly LostWorkStory story = new();
    private readonly Signal room = new();
    private readonly Pace pace = new();
    private readonly ListLogger<Settler> logger = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly JobBus bus = new(Options.Create(new BusOptions()), NullLoggerFactory.Instance, TimeProvider.System);
    private readonly List<Task> loops = [];
    private ManualClock Clock => story.Clock;

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(loops).ContinueWith(_ => { }, TaskScheduler.Default);
        await bus.DisposeAsync();
        stopping.Dispose();
        room.Dispose();
        story.Dispose();
    }

    [Fact]
    public async Task What_waits_is_written_in_one_batch_in_the_order_in_which_it_came()
    {
        var ledger = new ScriptedLedger(_ => Task.CompletedTask);
        var settler = Settler(ledger);
        var messages = Enumerable.Range(0, 50).Select(_ => Message(Ending.Completed)).ToList();
        var written = messages.Select(settler.SettleAsync).ToList();
        Run(settler);
        await Task.WhenAll(written).WaitAsync(Patience);
        Assert.Equal(messages.Select(message => message.DispatchId), Assert.Single(ledger.Batches).Select(message => message.DispatchId));
    }

    [Fact]
    public async Task A_batch_takes_no_more_messages_once_it_has_the_limit_of_settlements()
    {
        var ledger = new ScriptedLedger(_ => Task.CompletedTask);
        var settler = Settler(ledger, new CoordinatorOptions { MaxSettle = 10 });
        var written = Enumerable.Range(0, 25).Select(_ => settler.SettleAsync(Message(Ending.Completed))).ToList();
        Run(settler);
        await Task.WhenAll(written).WaitAsync(Patience);
        Assert.Equal([10, 10, 5], ledger.Batches.Select(batch => batch.Count));
    }

    [Fact]
    public async Task After_a_large_batch_settlements_are_gathered_for_a_moment_and_after_a_small_one_they_are_not()
    {
        var ledger = new ScriptedLedger(_ => Task.CompletedTask);
        var settler = Settler(ledger);
        var large = Message(Ending.Completed);
        var first = settler.SettleAsync(large with { Jobs = [.. Enumerable.Range(0, 100).Select(i => large.Jobs[0] with { Fence = i })] });
        Run(settler);
        await first.WaitAsync(Patience);

        var gathered = new[] { settler.SettleAsync(Message(Ending.Completed)), settler.SettleAsync(Message(Ending.Completed)) };
        Assert.Equal(TimeSpan.FromMilliseconds(20), await Clock.NextAlarmAsync());
        Assert.Single(ledger.Batches);
        Clock.Advance(TimeSpan.FromMilliseconds(20));
        await Task.WhenAll(gathered).WaitAsync(Patience);
        await settler.SettleAsync(Message(Ending.Completed)).WaitAsync(Patience);
        Assert.Equal([1, 2, 1], ledger.Batches.Select(batch => batch.Count));
    }

    [Fact]
    public async Task While_the_database_is_away_settlements_wait_and_are_written_when_it_is_back()
    {
        var failures = 0;
        var ledger = new ScriptedLedger(_ => ++failures <= 5 ? throw new ScriptedDbException("57P03", transient: true) : Task.CompletedTask);
        var settler = Settler(ledger);
        var written = settler.SettleAsync(Message(Ending.Completed));
        Run(settler);
        var pauses = new List<TimeSpan>();
        for (var i = 0; i < 5; i++)
        {
            Assert.False(written.IsCompleted);
            pauses.Add(await Clock.NextAlarmAsync());
            Clock.Advance(pauses[^1]);
        }

        await written.WaitAsync(Patience);
        Assert.Equal([50, 100, 200, 400, 800], pauses.Select(pause => pause.TotalMilliseconds));
        Assert.Single(ledger.Written);
    }

    [Theory]
    [InlineData("22021")]
    [InlineData("23514")]
    public async Task One_message_that_the_ledger_refuses_for_its_content_is_dropped_and_the_rest_is_written(string sqlState)
    {
        var bad = Message(Ending.DeadLettered);
        var ledger = new ScriptedLedger(batch => batch.Contains(bad) ? throw new ScriptedDbException(sqlState) : Task.CompletedTask);
        var settler = Settler(ledger);
        var good = Enumerable.Range(0, 9).Select(_ => Message(Ending.Completed)).ToList();
        var written = good.Append(bad).Select(settler.SettleAsync).ToList();
        Run(settler);
        await Task.WhenAll(written).WaitAsync(Patience);
        Assert.Equal(good, ledger.Written);
        Assert.Contains(logger.Lines, line => line.Event == 3020 && line.Text.Contains(bad.DispatchId.ToString()));
    }

    [Fact]
    public async Task An_error_that_is_not_of_the_content_drops_nothing()
    {
        var failures = 0;
        var ledger = new ScriptedLedger(_ => ++failures <= 1 ? throw new ScriptedDbException("42P01") : Task.CompletedTask);
        var settler = Settler(ledger);
        var written = settler.SettleAsync(Message(Ending.Completed));
        Run(settler);
        Clock.Advance(await Clock.NextAlarmAsync());
        await written.WaitAsync(Patience);
        Assert.Single(ledger.Written);
        Assert.DoesNotContain(logger.Lines, line => line.Event == 3020);
    }

    [Fact]
    public async Task A_pulse_does_not_pass_while_the_ledger_is_away_even_when_nothing_else_waits()
    {
        var away = true;
        var ledger = new ScriptedLedger(_ => away ? throw new ScriptedDbException("57P03", transient: true) : Task.CompletedTask);
        var settler = Settler(ledger);
        var passed = settler.PassAsync();
        Run(settler);
        var pause = await Clock.NextAlarmAsync();
        Assert.False(passed.IsCompleted);
        away = false;
        Clock.Advance(pause);
        await passed.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_pulse_does_not_overtake_settlements_that_another_loop_is_writing()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var empty = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ledger = new ScriptedLedger(batch => batch.Count > 0 ? Hold(entered, release.Task) : Done(empty));
        var settler = Settler(ledger);
        Run(settler);
        Run(settler);
        var written = settler.SettleAsync(Message(Ending.Completed));
        await entered.Task.WaitAsync(Patience);

        var passed = settler.PassAsync();
        Assert.Equal(TimeSpan.FromMilliseconds(250), await Clock.NextAlarmAsync());
        Assert.False(empty.Task.IsCompleted);
        Clock.Advance(TimeSpan.FromMilliseconds(250));
        await empty.Task.WaitAsync(Patience);
        var next = settler.SettleAsync(Message(Ending.Completed) with { Jobs = [] });
        Assert.False(passed.IsCompleted);
        release.SetResult();
        await Task.WhenAll(written, passed, next).WaitAsync(Patience);
    }

    [Fact]
    public async Task What_comes_while_a_batch_is_written_makes_the_next_one_and_goes_beside_it_only_when_that_takes_long()
    {
        var entered = Channel.CreateUnbounded<int>();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ledger = new ScriptedLedger(batch => entered.Writer.TryWrite(batch.Count) && batch.Count == 1 ? release.Task : Task.CompletedTask);
        var settler = Settler(ledger);
        Run(settler);
        Run(settler);
        var first = settler.SettleAsync(Message(Ending.Completed));
        Assert.Equal(1, await entered.Reader.ReadAsync().AsTask().WaitAsync(Patience));

        var next = new[] { settler.SettleAsync(Message(Ending.Completed)), settler.SettleAsync(Message(Ending.Completed)) };
        Assert.Equal(TimeSpan.FromMilliseconds(250), await Clock.NextAlarmAsync());
        Assert.Equal(0, entered.Reader.Count);
        Clock.Advance(TimeSpan.FromMilliseconds(250));
        await Task.WhenAll(next).WaitAsync(Patience);
        Assert.Equal(2, await entered.Reader.ReadAsync());
        Assert.False(first.IsCompleted);
        release.SetResult();
        await first.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_settlement_signals_that_there_is_room_and_teaches_the_pace()
    {
        var settler = Settler(new ScriptedLedger(_ => Task.CompletedTask) { StalePerBatch = 2 });
        Run(settler);
        await settler.SettleAsync(Message(Ending.Completed, job => job with { DurationMs = 7 })).WaitAsync(Patience);
        await room.WaitAsync(Patience, CancellationToken.None);
        Assert.Equal(7, pace.OfKind("demo.mail"));
        Assert.Equal(2, settler.StaleCount);
        Assert.Contains(logger.Lines, line => line.Event == 3021);
    }

    [Fact]
    public async Task A_job_of_an_unknown_kind_is_released_while_another_worker_may_have_its_handler()
    {
        story.Start("a");
        story.Pass(60);
        var job = await SettledAsync(Message(Ending.UnknownKind));
        Assert.Equal(Ending.Released, job.Ending);
        Assert.Equal(1_000, job.DelayMs);
        Assert.Contains("'demo.mail'", job.Reason);
    }

    [Fact]
    public async Task A_job_of_an_unknown_kind_is_dead_when_no_live_worker_has_its_handler()
    {
        story.Start("a");
        story.Pass(60);
        var job = await SettledAsync(Message(Ending.UnknownKind) with { Kind = "demo.forgotten" });
        Assert.Equal(Ending.UnknownKind, job.Ending);
        Assert.Equal("unknown kind: no live worker of queue 'mail' has a handler of kind 'demo.forgotten'", job.Reason);
    }

    [Fact]
    public async Task Follow_ups_that_break_the_rules_of_the_door_make_their_job_a_dead_letter()
    {
        var followUp = new NewJob { Id = Guid.CreateVersion7(Clock.GetUtcNow()), Kind = "../x", Queue = "mail", Payload = "{}" };
        var job = await SettledAsync(Message(Ending.Completed, job => job with { FollowUps = [followUp] }));
        Assert.Equal(Ending.DeadLettered, job.Ending);
        Assert.Null(job.FollowUps);
        Assert.Contains("follow-up", job.Reason);
    }

    private static Task Hold(TaskCompletionSource entered, Task release)
    {
        entered.TrySetResult();
        return release;
    }

    private static Task Done(TaskCompletionSource done)
    {
        done.TrySetResult();
        return Task.CompletedTask;
    }

    private async Task<Settlement> SettledAsync(Settled message)
    {
        var ledger = new ScriptedLedger(_ => Task.CompletedTask);
        var settler = Settler(ledger);
        Run(settler);
        await settler.SettleAsync(message).WaitAsync(Patience);
        return Assert.Single(Assert.Single(ledger.Written).Jobs);
    }

    private Settled Message(Ending ending, Func<Settlement, Settlement>? change = null)
    {
        var job = new Settlement(Guid.CreateVersion7(Clock.GetUtcNow()), Fence: 1, ending);
        return new Settled
        {
            DispatchId = Guid.CreateVersion7(Clock.GetUtcNow()), Worker = "a", Kind = "demo.mail", Queue = LostWorkStory.Queue, Last = true,
            Jobs = [change?.Invoke(job) ?? job],
        };
    }

    private void Run(Settler settler) => loops.Add(Task.Run(() => settler.RunAsync(stopping.Token)));

    private Settler Settler(ScriptedLedger ledger, CoordinatorOptions? options = null) => new(
        ledger, story.Tracker, pace, room, new DeadLetterCopies(bus, NullLogger<DeadLetterCopies>.Instance),
        Options.Create(options ?? new CoordinatorOptions()), Clock, logger);
}
