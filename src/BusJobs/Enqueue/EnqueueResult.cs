namespace BusJobs;

/// <summary>What the door answered.</summary>
public abstract record EnqueueResult
{
    private EnqueueResult()
    {
    }

    /// <summary>The id under which the job can be found, whoever enqueued it; null when it was turned away.</summary>
    public abstract Guid? Id { get; }

    /// <summary><c>enqueued</c>, <c>duplicate</c>, <c>rateLimited</c> or <c>shed</c>, as the HTTP API and metrics have it.</summary>
    public string Word => this switch
    {
        Enqueued => "enqueued",
        Duplicate => "duplicate",
        RateLimited => "rateLimited",
        _ => "shed",
    };

    /// <summary>The job will run once the caller's transaction has committed.</summary>
    public sealed record Enqueued(Guid JobId) : EnqueueResult
    {
        public override Guid? Id => JobId;
    }

    /// <summary>A job with this id, or with this unique key, is in the ledger already; nothing was added.</summary>
    public sealed record Duplicate(Guid ExistingId) : EnqueueResult
    {
        public override Guid? Id => ExistingId;
    }

    /// <summary>The job's tenant has enqueued as many jobs of this kind as it may in a minute; nothing was added.</summary>
    /// <param name="RetryAfter">Until the tenant's next place is free, if nobody takes it first.</param>
    public sealed record RateLimited(TimeSpan RetryAfter) : EnqueueResult
    {
        public override Guid? Id => null;
    }

    /// <summary>The job's queue has as many waiting jobs as it may have; nothing was added.</summary>
    /// <param name="RetryAfter">Until the queue is looked at again.</param>
    public sealed record Shed(TimeSpan RetryAfter) : EnqueueResult
    {
        public override Guid? Id => null;
    }
}
