using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace BusJobs.IntegrationTests.Servers;

/// <summary>
/// Waits for what another process will do. This is the one place where a test may poll: what the code under test does
/// itself is awaited by a signal.
/// </summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public static Task HoldsAsync(
        Func<bool> condition,
        TimeSpan? timeout = null,
        [CallerArgumentExpression(nameof(condition))] string what = "") =>
        HoldsAsync(() => Task.FromResult(condition()), timeout, what);

    public static async Task HoldsAsync(
        Func<Task<bool>> condition,
        TimeSpan? timeout = null,
        [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var limit = timeout ?? TimeSpan.FromSeconds(30);
        var start = TimeProvider.System.GetTimestamp();
        Exception? last = null;
        while (TimeProvider.System.GetElapsedTime(start) < limit)
        {
            (var holds, last) = await TryAsync(condition);
            if (holds)
                return;
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }

        throw new TimeoutException($"Within {limit.TotalSeconds:0.#} s this did not come true: {what}", last);
    }

    [SuppressMessage("Design", "CA1031", Justification = "A server that is away for a moment may answer with any error; the last one is reported.")]
    private static async Task<(bool Holds, Exception? Error)> TryAsync(Func<Task<bool>> condition)
    {
        try
        {
            return (await condition(), null);
        }
        catch (Exception error)
        {
            return (false, error);
        }
    }
}
