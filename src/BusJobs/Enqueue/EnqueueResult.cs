namespace BusJobs;

/// <summary>What the door answered.</summary>
public abstract record EnqueueResult
{
    private EnqueueResult()
    {
    }

    /// <summary>The id under which the job can be found, whoever enqueued it.</summary>
    public abstract Guid Id { get; }

    /// <summary>The job will run once the caller's transaction has committed.</summary>
    public sealed record Enqueued(Guid JobId) : EnqueueResult
    {
        public override Guid Id => JobId;
    }

    /// <summary>A job with this id is in the ledger already; nothing was changed.</summary>
    public sealed record Duplicate(Guid ExistingId) : EnqueueResult
    {
        public override Guid Id => ExistingId;
    }
}
