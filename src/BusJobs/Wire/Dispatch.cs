using System.Text.Json.Serialization;

namespace BusJobs.Wire;

/// <summary>One bus message to a worker: 1 to 250 jobs of one kind (<c>MaxPack</c> of the coordinator). One with no jobs is a probe, which only shows that its queue is being read.</summary>
public sealed record Dispatch
{
    public required Guid Id { get; init; }
    public required string Kind { get; init; }
    public required string Queue { get; init; }

    /// <summary>Rises with each dispatch of the ledger: a worker that has seen a later one of the same queue will never see an earlier one for the first time.</summary>
    public required long Sequence { get; init; }

    public required IReadOnlyList<DispatchedJob> Jobs { get; init; }
}

/// <summary>What a worker needs to know of one job.</summary>
public sealed record DispatchedJob
{
    public required Guid Id { get; init; }
    public required int Fence { get; init; }

    /// <summary>The number of the try that this dispatch is, 1 for the first.</summary>
    public required int Attempt { get; init; }

    [JsonConverter(typeof(RawJsonConverter))]
    public required string Payload { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaxAttempts { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? TimeoutMs { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Tenant { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceParent { get; init; }

    /// <summary>Whether it has the serial key of the job before it in the pack, and begins when that one has ended for good. The worker settles all of such a chain at once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Follows { get; init; }
}
