namespace BusJobs.Api.Enqueue;

/// <summary>What became of one job.</summary>
/// <param name="Status"><c>enqueued</c>, <c>duplicate</c> (the id is that of the job which is there already), <c>rateLimited</c> or <c>shed</c>.</param>
/// <param name="Id">The id under which the job can be found; null when it was not let in.</param>
/// <param name="RetryAfterSeconds">When to try again, for a job that was not let in.</param>
public sealed record EnqueueAnswer(string Status, Guid? Id, int? RetryAfterSeconds = null)
{
    internal bool IsIn => Id is not null;

    internal static EnqueueAnswer Of(EnqueueResult result) => result switch
    {
        EnqueueResult.Enqueued enqueued => new EnqueueAnswer(result.Word, enqueued.JobId),
        EnqueueResult.Duplicate duplicate => new EnqueueAnswer(result.Word, duplicate.ExistingId),
        EnqueueResult.RateLimited limited => new EnqueueAnswer(result.Word, Id: null, Seconds(limited.RetryAfter)),
        EnqueueResult.Shed shed => new EnqueueAnswer(result.Word, Id: null, Seconds(shed.RetryAfter)),
        _ => throw new NotSupportedException($"The door answered {result.GetType().Name}."),
    };

    /// <summary>Rounded up: who comes back then is not too early.</summary>
    private static int Seconds(TimeSpan after) => Math.Max(1, (int)Math.Ceiling(Math.Min(after.TotalSeconds, int.MaxValue)));
}

/// <summary>What became of each job of a batch, in its order.</summary>
public sealed record BatchAnswer(IReadOnlyList<EnqueueAnswer> Results);
