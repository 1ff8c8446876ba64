using System.Text.Json.Serialization;

namespace BusJobs;

/// <summary>How an attempt ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Ending>))]
public enum Ending
{
    /// <summary>The handler returned.</summary>
    Completed,

    /// <summary>The handler failed; the job is due again after the settlement's delay.</summary>
    RetryAt,

    /// <summary>The handler asked to run later; no attempt is burnt.</summary>
    Snoozed,

    /// <summary>The handler failed for good.</summary>
    DeadLettered,

    /// <summary>An operator cancelled the job and its handler gave way.</summary>
    Cancelled,

    /// <summary>The worker gave the job back before it was done; no attempt is burnt.</summary>
    Released,

    /// <summary>The worker has no handler of this kind. Released when a live worker has one, dead otherwise.</summary>
    UnknownKind,
}
