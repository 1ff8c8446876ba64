namespace BusJobs.UnitTests.Support;

/// <summary>Time that only a test moves. Timers fire within <see cref="Advance"/>, in the order in which they are due, each at its own time.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<Alarm> alarms = [];
    private DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TaskCompletionSource armed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that wait for their time.</summary>
    public int Alarms
    {
        get
        {
            lock (gate)
            {
                return alarms.Count;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate)
        {
            return now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, () => callback(state));
        alarm.Change(dueTime, period);
        return alarm;
    }

    /// <summary>Returns once somebody waits for a time; gives how long they wait.</summary>
    public async Task<TimeSpan> NextAlarmAsync()
    {
        while (true)
        {
            Task changed;
            lock (gate)
            {
                if (alarms.MinBy(alarm => alarm.DueAt) is { } next)
                {
                    return next.DueAt - now;
                }

                changed = armed.Task;
            }

            await changed.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    public void Advance(TimeSpan by)
    {
        var until = GetUtcNow() + by;
        while (Next(until) is { } alarm)
        {
            alarm.Ring();
        }

        lock (gate)
        {
            // Who was woken may have moved the clock further; only a step back takes it back.
            now = by < TimeSpan.Zero || until > now ? until : now;
        }
    }

    private Alarm? Next(DateTimeOffset until)
    {
        lock (gate)
        {
            // The oldest of those due at the same time comes first.
            var next = alarms.Where(alarm => alarm.DueAt <= until).MinBy(alarm => alarm.DueAt);
            if (next is not null)
            {
                now = next.DueAt > now ? next.DueAt : now;
                next.Rearm();
            }

            return next;
        }
    }

    private sealed class Alarm(ManualClock clock, Action ring) : ITimer
    {
        private TimeSpan period;

        public DateTimeOffset DueAt { get; private set; }

        public void Ring() => ring();

        public void Rearm()
        {
            clock.alarms.Remove(this);
            if (period > TimeSpan.Zero)
            {
                DueAt += period;
                clock.alarms.Add(this);
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock.gate)
            {
                clock.alarms.Remove(this);
                this.period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    DueAt = clock.now + dueTime;
                    clock.alarms.Add(this);
                    clock.armed.TrySetResult();
                    clock.armed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                return true;
            }
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
