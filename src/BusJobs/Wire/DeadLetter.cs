using System.Text.Json.Serialization;

namespace BusJobs.Wire;

/// <summary>A copy for the broker's management UI. The truth, and what a redrive works on, is the ledger's row.</summary>
public sealed record DeadLetter
{
    public required Guid JobId { get; init; }
    public required string Kind { get; init; }
    public required string Queue { get; init; }
    public required int Attempts { get; init; }
    public required string Reason { get; init; }

    [JsonConverter(typeof(RawJsonConverter))]
    public required string Payload { get; init; }
}

/// <summary>A message that came to the intake and cannot become a job, for people to look at. Nothing reads it.</summary>
public sealed record UnfitMessage
{
    /// <summary>One sentence: the field, the value and what is allowed.</summary>
    public required string Reason { get; init; }

    /// <summary>As it came, or in base 64 when it is no text.</summary>
    public required string Body { get; init; }
}
