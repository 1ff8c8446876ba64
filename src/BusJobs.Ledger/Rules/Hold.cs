namespace BusJobs.Ledger;

/// <summary>One thing that keeps a job from starting.</summary>
public abstract record Hold
{
    private Hold()
    {
    }

    /// <summary>Its queue, kind or tenant is paused.</summary>
    public sealed record Paused(Pause Pause) : Hold;

    /// <summary>As many jobs as the limit allows are running.</summary>
    public sealed record Full(DispatchLimit Limit, int Running) : Hold;

    /// <summary>As many jobs as the limit's rate allows have started lately.</summary>
    public sealed record TooSoon(DispatchLimit Limit, DateTimeOffset OpensAt) : Hold;

    /// <summary>Another job has its unique key, and must end first.</summary>
    public sealed record KeyTaken(string UniqueKey, Guid JobId, LedgerState State) : Hold;

    /// <summary>Another job of its key must end first.</summary>
    public sealed record Behind(string SerialKey, Guid JobId, LedgerState State) : Hold;
}
