using BusJobs.Wire;

namespace BusJobs.Coordinator.Receiving;

/// <summary>What a letter turned out to be.</summary>
internal abstract record Reading
{
    private Reading()
    {
    }

    /// <summary>A plain command that some service published.</summary>
    public sealed record Command(NewJob Job) : Reading;

    /// <summary>Jobs from a producer's outbox.</summary>
    public sealed record Handed(Handover Handover) : Reading;

    /// <summary>From a client of an outbox: the unique keys of a kind are free again.</summary>
    public sealed record Bump(string Kind) : Reading;

    /// <summary>Nothing that could become a job. The reason is one sentence.</summary>
    public sealed record Unfit(string Reason) : Reading;
}
