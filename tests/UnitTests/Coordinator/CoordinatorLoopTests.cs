using BusJobs.Coordinator;
using BusJobs.UnitTests.Support;
using Microsoft.Extensions.Logging;

namespace BusJobs.UnitTests.Coordinator;

public sealed class CoordinatorLoopTests : IDisposable
{
    private readonly ManualClock clock = new();
    private readonly ListLogger<CoordinatorLoop> logger = new();
    private readonly CancellationTokenSource stopping = new();

    public void Dispose() => stopping.Dispose();

    [Fact]
    public async Task It_pauses_as_long_as_its_work_says()
    {
        var (loop, running) = Run(_ => Task.FromResult(TimeSpan.FromSeconds(3)));
        Assert.Equal(TimeSpan.FromSeconds(3), await clock.NextAlarmAsync());
        await StepAsync();
        Assert.Equal(2, loop.Runs);
        await StopAsync(running);
    }

    [Fact]
    public async Task It_outlives_its_errors_and_pauses_longer_while_they_last_up_to_five_seconds()
    {
        var (_, running) = Run(_ => throw new InvalidOperationException("The database is away."));
        var pauses = new List<TimeSpan>();
        for (var i = 0; i < 12; i++)
        {
            pauses.Add(await clock.NextAlarmAsync());
            await StepAsync();
        }

        Assert.Equal(TimeSpan.FromMilliseconds(100), pauses[0]);
        Assert.Equal(pauses.Order(), pauses);
        Assert.Equal(TimeSpan.FromSeconds(5), pauses[^1]);
        await StopAsync(running);
    }

    [Fact]
    public async Task An_hour_of_failures_gets_a_line_every_half_minute_and_one_when_it_is_over()
    {
        var away = true;
        var (loop, running) = Run(_ => away ? throw new InvalidOperationException("The database is away.") : Task.FromResult(TimeSpan.FromHours(9)));
        var start = clock.GetTimestamp();
        while (clock.GetElapsedTime(start) < TimeSpan.FromHours(1))
        {
            await StepAsync();
        }

        var failed = logger.Lines.Count(line => line.Level == LogLevel.Warning);
        Assert.True(loop.Runs > 600);
        Assert.InRange(failed, 100, 125);

        away = false;
        await StepAsync();
        Assert.Equal(LogLevel.Information, logger.Lines[^1].Level);
        Assert.Contains("works again", logger.Lines[^1].Text);
        await StopAsync(running);
    }

    [Fact]
    public async Task It_ends_without_a_word_when_it_is_told_to_stop_in_the_middle_of_its_work()
    {
        var (_, running) = Run(async token =>
        {
            await Task.Delay(TimeSpan.FromHours(1), clock, token);
            return TimeSpan.Zero;
        });
        await clock.NextAlarmAsync();
        await StopAsync(running);
        Assert.Empty(logger.Lines);
    }

    [Fact]
    public async Task A_cancellation_that_is_not_its_own_is_a_failure_like_others()
    {
        var (_, running) = Run(_ => throw new OperationCanceledException());
        await clock.NextAlarmAsync();
        Assert.Single(logger.Lines);
        Assert.False(running.IsCompleted);
        await StopAsync(running);
    }

    private (TestLoop Loop, Task Running) Run(Func<CancellationToken, Task<TimeSpan>> once)
    {
        var loop = new TestLoop(once, logger, clock);
        return (loop, loop.RunAsync(stopping.Token));
    }

    /// <summary>Moves the clock to the end of the pause; returns once the next pause has begun.</summary>
    private async Task StepAsync()
    {
        clock.Advance(await clock.NextAlarmAsync());
        await clock.NextAlarmAsync();
    }

    private async Task StopAsync(Task running)
    {
        await stopping.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private sealed class TestLoop(Func<CancellationToken, Task<TimeSpan>> once, ILogger logger, TimeProvider clock) : CoordinatorLoop(logger, clock)
    {
        public int Runs { get; private set; }

        protected override string Name => "The test loop";

        internal override Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
        {
            Runs++;
            return once(cancellationToken);
        }
    }
}
