using System.Text.Json.Serialization;

namespace BusJobs;

/// <summary>The one record of how a dispatched job ended, from the worker's decision to the ledger's statement.</summary>
/// <param name="Fence">The dispatch it belongs to; the ledger ignores and counts a settlement whose fence is no longer the job's.</param>
public sealed record Settlement(Guid JobId, int Fence, Ending Ending)
{
    /// <summary>Milliseconds until the job is due again; counted by the ledger's clock, so a worker's clock never matters.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long DelayMs { get; init; }

    /// <summary>Milliseconds the handler ran.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int DurationMs { get; init; }

    /// <summary>Why, in at most 8 KiB; null for a success.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>Jobs to enqueue in the transaction that records the success.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<NewJob>? FollowUps { get; init; }
}
