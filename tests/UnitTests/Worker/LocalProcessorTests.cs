using System.Collections.Concurrent;
using BusJobs.UnitTests.Support;
using BusJobs.Worker;

namespace BusJobs.UnitTests.Worker;

public sealed class LocalProcessorTests : IAsyncDisposable
{
    private const string Scope = "test.local";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualClock clock = new();
    private readonly MemoryKeys keys;
    private readonly ListLogger<LocalProcessorTests> logger = new();
    private readonly ConcurrentQueue<string> ran = new();
    private readonly SemaphoreSlim gate = new(0);
    private readonly SemaphoreSlim entered = new(0);
    private readonly List<LocalProcessor<int>> processors = [];

    public LocalProcessorTests() => keys = new MemoryKeys(clock);

    public async ValueTask DisposeAsync()
    {
        foreach (var processor in processors)
        {
            await processor.DisposeAsync();
        }

        gate.Dispose();
        entered.Dispose();
    }

    [Fact]
    public async Task What_is_scheduled_runs_in_order_with_its_argument()
    {
        var processor = Start((key, arg, _) => Note($"{key}={arg}"));
        Assert.True(processor.Schedule("a", TimeSpan.Zero, 1));
        Assert.True(processor.Schedule("b", TimeSpan.Zero, 2));
        await processor.DrainAsync(None).WaitAsync(Patience);
        Assert.Equal(["a=1", "b=2"], ran);
    }

    [Fact]
    public async Task A_key_that_waits_or_runs_here_is_not_scheduled_twice_and_afterwards_it_is()
    {
        var processor = Start(WaitAtGate);
        Assert.True(processor.Schedule("a", TimeSpan.Zero, 1));
        await entered.WaitAsync(Patience);
        Assert.False(processor.Schedule("a", TimeSpan.Zero, 2));
        Assert.True(processor.Schedule("b", TimeSpan.Zero, 3));
        Assert.False(processor.Schedule("b", TimeSpan.Zero, 4));
        Assert.Equal(1, processor.QueueLength);
        gate.Release(2);
        await entered.WaitAsync(Patience);
        Assert.True(processor.Schedule("a", TimeSpan.Zero, 5));
        gate.Release();
        await processor.DrainAsync(None).WaitAsync(Patience);
        Assert.Equal(["a", "b", "a"], ran);
    }

    [Fact]
    public async Task A_hundred_thousand_are_scheduled_without_waiting_for_the_one_that_runs()
    {
        var processor = Start(WaitAtGate);
        for (var i = 0; i < 100_000; i++)
        {
            Assert.True(processor.Schedule($"{i}", TimeSpan.Zero, i));
        }

        await entered.WaitAsync(Patience);
        Assert.Equal(99_999, processor.QueueLength);
        clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(TimeSpan.FromSeconds(7), processor.OldestAge);
        Assert.False(await DrainNowAsync(processor));
    }

    [Fact]
    public async Task What_another_instance_has_run_lately_is_passed_over_until_its_backoff_is_over()
    {
        await RunAsync("a");
        await RunAsync("a");
        Assert.Equal(["a"], ran);
        clock.Advance(Hour);
        await RunAsync("a");
        Assert.Equal(["a", "a"], ran);
    }

    [Fact]
    public async Task A_bump_frees_the_keys_of_all_instances()
    {
        await RunAsync("a");
        await Start((_, _, _) => Task.CompletedTask).BumpGenerationAsync(None);
        await RunAsync("a");
        Assert.Equal(["a", "a"], ran);
    }

    [Fact]
    public async Task A_run_that_throws_is_logged_and_counted_and_the_next_one_runs()
    {
        var processor = Start((key, _, _) => key == "bad" ? throw new InvalidOperationException("broken") : Note(key));
        processor.Schedule("bad", TimeSpan.Zero, 0);
        processor.Schedule("good", TimeSpan.Zero, 0);
        await processor.DrainAsync(None).WaitAsync(Patience);
        Assert.Equal(["good"], ran);
        Assert.Equal(1, processor.Failures);
        Assert.Contains(logger.Lines, line => line.Event == 3016 && line.Text.Contains("bad", StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_the_keys_cannot_be_asked_the_work_waits_and_then_it_runs_once()
    {
        keys.IsAway = true;
        var processor = Start((key, _, _) => Note(key));
        processor.Schedule("a", Hour, 0);
        Assert.Equal(TimeSpan.FromSeconds(1), await PassAsync());
        Assert.Equal(TimeSpan.FromSeconds(2), await PassAsync());
        Assert.Empty(ran);
        keys.IsAway = false;
        await PassAsync();
        await processor.DrainAsync(None).WaitAsync(Patience);
        Assert.Equal(["a"], ran);
        Assert.Equal(0, processor.Failures);
        Assert.Contains(logger.Lines, line => line.Event == 3017);
    }

    [Fact]
    public async Task A_drain_takes_no_more_and_asked_twice_says_the_same()
    {
        var processor = Start((key, _, _) => Note(key));
        processor.Schedule("a", TimeSpan.Zero, 0);
        var drained = await Task.WhenAll(processor.DrainAsync(Hour, None), processor.DrainAsync(Hour, None)).WaitAsync(Patience);
        Assert.Equal([true, true], drained);
        Assert.False(processor.Schedule("b", TimeSpan.Zero, 0));
        Assert.True(await processor.DrainAsync(TimeSpan.Zero, None));
        Assert.Equal(["a"], ran);
    }

    [Fact]
    public async Task What_has_not_run_at_the_deadline_is_given_up_and_its_token_fires()
    {
        var processor = Start(WaitAtGate);
        processor.Schedule("a", TimeSpan.Zero, 0);
        processor.Schedule("b", TimeSpan.Zero, 0);
        await entered.WaitAsync(Patience);
        Assert.False(await DrainNowAsync(processor));
        Assert.False(await processor.DrainAsync(Hour, None).WaitAsync(Patience));
        Assert.Empty(ran);
        Assert.Contains(logger.Lines, line => line.Event == 3018);
    }

    [Fact]
    public async Task A_host_that_stops_drains_what_was_scheduled_before_it_started()
    {
        var processor = New((key, _, _) => Note(key));
        processor.Schedule("a", TimeSpan.Zero, 0);
        Assert.Empty(ran);
        await processor.StartAsync(None);
        await processor.StopAsync(None).WaitAsync(Patience);
        Assert.Equal(["a"], ran);
        Assert.True(await processor.DrainAsync(Hour, None));
    }

    [Fact]
    public void Parts_that_are_missing_and_values_that_make_no_sense_are_refused()
    {
        Func<string, int, CancellationToken, Task> handle = (_, _, _) => Task.CompletedTask;
        Assert.Equal("logger", Assert.Throws<ArgumentNullException>(() => new LocalProcessor<int>(Scope, keys, handle, null!, clock)).ParamName);
        Assert.Throws<ArgumentNullException>(() => new LocalProcessor<int>(Scope, null!, handle, logger, clock));
        Assert.Throws<JobRefusedException>(() => new LocalProcessor<int>("No Name", keys, handle, logger, clock));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LocalProcessor<int>(Scope, keys, handle, logger, clock, slots: 0));
        var processor = New(handle);
        Assert.Throws<ArgumentException>(() => processor.Schedule("", TimeSpan.Zero, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => processor.Schedule("a", TimeSpan.FromTicks(-1), 0));
    }

    private async Task RunAsync(string key)
    {
        var instance = Start((name, _, _) => Note(name));
        instance.Schedule(key, Hour, 0);
        await instance.DrainAsync(None).WaitAsync(Patience);
    }

    private async Task<TimeSpan> PassAsync()
    {
        var pause = await clock.NextAlarmAsync();
        clock.Advance(pause);
        return pause;
    }

    private static Task<bool> DrainNowAsync(LocalProcessor<int> processor) => processor.DrainAsync(TimeSpan.Zero, None).WaitAsync(Patience);

    private async Task WaitAtGate(string key, int arg, CancellationToken cancellationToken)
    {
        entered.Release();
        await gate.WaitAsync(cancellationToken);
        ran.Enqueue(key);
    }

    private Task Note(string word)
    {
        ran.Enqueue(word);
        return Task.CompletedTask;
    }

    private LocalProcessor<int> Start(Func<string, int, CancellationToken, Task> handle)
    {
        var processor = New(handle);
        _ = processor.StartAsync(None);
        return processor;
    }

    private LocalProcessor<int> New(Func<string, int, CancellationToken, Task> handle)
    {
        var processor = new LocalProcessor<int>(Scope, keys, handle, logger, clock);
        processors.Add(processor);
        return processor;
    }

    /// <summary>Keys that all instances of a test share.</summary>
    private sealed class MemoryKeys(TimeProvider clock) : IJobKeys
    {
        private readonly ConcurrentDictionary<(string Scope, string Key), DateTimeOffset> held = new();

        public bool IsAway { get; set; }

        public Task<bool> HoldAsync(string scope, string key, TimeSpan ttl, CancellationToken cancellationToken)
        {
            if (IsAway)
            {
                throw new TimeoutException("the database is away");
            }

            var now = clock.GetUtcNow();
            if (held.TryGetValue((scope, key), out var until) && until > now)
            {
                return Task.FromResult(false);
            }

            held[(scope, key)] = now + ttl;
            return Task.FromResult(true);
        }

        public Task BumpGenerationAsync(string scope, CancellationToken cancellationToken)
        {
            held.Clear();
            return Task.CompletedTask;
        }
    }
}
