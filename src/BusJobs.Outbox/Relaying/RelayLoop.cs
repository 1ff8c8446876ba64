using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace BusJobs.Outbox.Relaying;

/// <summary>Repeats a step that outlives its errors, with a pause that grows while it fails.</summary>
internal static class RelayLoop
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    [SuppressMessage("Design", "CA1031", Justification = "A server that is away is back at a later turn.")]
    public static async Task RunAsync(string name, Func<CancellationToken, Task> runOnce, ILogger logger, TimeProvider clock, CancellationToken stopping)
    {
        var failures = 0;
        var pause = FirstPause;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await runOnce(stopping);
                if (failures > 0)
                {
                    logger.LoopRecovered(name, failures);
                }

                (failures, pause) = (0, FirstPause);
            }
            catch (Exception exception)
            {
                if (stopping.IsCancellationRequested)
                {
                    return;
                }

                // One line a minute or so tells as much as one for each try.
                if (failures++ % 12 == 0)
                {
                    logger.LoopFailed(exception, name, failures);
                }

                await Task.Delay(pause, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }
}
