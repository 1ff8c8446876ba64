namespace BusJobs.Coordinator.Tracking;

/// <summary>
/// Tells deaf consumers from a broker that was away: a coordinator is deaf when the broker has been taking its pulses for a while and none came back. Right after an outage none
/// could have, and consumers that are restarted then, while MassTransit is connecting them anew, may never come back.
/// </summary>
internal sealed class Hearing(TimeProvider clock)
{
    private long? takenSince;

    /// <param name="send">Returns once the broker has confirmed the pulse, and throws otherwise.</param>
    public async Task AskAsync(Func<Task> send)
    {
        var since = takenSince ?? clock.GetTimestamp();
        takenSince = null;
        await send();
        takenSince = since;
    }

    /// <param name="silence">Since the last pulse that came back was sent.</param>
    public bool IsDeaf(TimeSpan silence, TimeSpan patience) => silence >= patience && takenSince is { } since && clock.GetElapsedTime(since) >= patience;
}
