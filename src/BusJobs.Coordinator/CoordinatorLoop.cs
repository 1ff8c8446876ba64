using Microsoft.Extensions.Logging;

namespace BusJobs.Coordinator;

/// <summary>A loop that outlives its errors: repeats <see cref="RunOnceAsync"/>, pauses as it says, and backs off while it fails.</summary>
internal abstract class CoordinatorLoop(ILogger logger, TimeProvider clock)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(30);

    private int failures;
    private long toldAt;

    /// <summary>When a run last ended without a fault; null when none has.</summary>
    public DateTimeOffset? LastRunAt { get; private set; }

    protected TimeProvider Clock => clock;

    protected abstract string Name { get; }

    /// <summary>Does what is due.</summary>
    /// <returns>How long to pause; zero when there may be more to do at once.</returns>
    internal abstract Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken);

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            TimeSpan pause;
            try
            {
                pause = await RunOnceAsync(stopping);
                NoteSuccess();
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                pause = NoteFailure(exception);
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }

            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void NoteSuccess()
    {
        LastRunAt = clock.GetUtcNow();
        if (failures > 0)
        {
            logger.LoopRecovered(Name, failures);
            failures = 0;
        }
    }

    /// <summary>A server that is away for an hour gets a line every half minute, not one per try.</summary>
    private TimeSpan NoteFailure(Exception exception)
    {
        failures++;
        if (failures == 1 || clock.GetElapsedTime(toldAt) > QuietTime)
        {
            toldAt = clock.GetTimestamp();
            logger.LoopFailed(exception, Name, failures);
        }

        var pause = TimeSpan.FromMilliseconds(50 * Math.Pow(2, Math.Min(failures, 10)));
        return pause < LongestPause ? pause : LongestPause;
    }
}
