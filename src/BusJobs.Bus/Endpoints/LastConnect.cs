namespace BusJobs.Bus;

/// <summary>When MassTransit last set out to connect to the broker. All queues of a process are read over one connection, so that what was there before has gone with the one before.</summary>
internal sealed class LastConnect(TimeProvider clock)
{
    private long at = long.MinValue;

    /// <summary>As a timestamp of the clock; before all others as long as nobody has.</summary>
    public long At => Interlocked.Read(ref at);

    public void Note() => Interlocked.Exchange(ref at, clock.GetTimestamp());
}
