using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace BusJobs.Worker;

/// <summary>Sends until the broker has confirmed, since an outcome that is known has to be told.</summary>
internal sealed class PatientSender(TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <exception cref="OperationCanceledException">The token fired first.</exception>
    [SuppressMessage("Design", "CA1031", Justification = "The loop outlives every fault of the broker.")]
    public async Task SendAsync(Guid dispatchId, Func<CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await send(cancellationToken);
                return;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                logger.Unconfirmed(exception, dispatchId, pause);
            }

            await Task.Delay(pause, clock, cancellationToken);
        }
    }
}
