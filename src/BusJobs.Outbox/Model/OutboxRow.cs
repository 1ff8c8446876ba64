namespace BusJobs.Outbox.Model;

/// <summary>A job that has committed with the producer's data and is not in the ledger yet.</summary>
public sealed class OutboxRow
{
    /// <summary>Rises with each row.</summary>
    public long Position { get; private set; }

    /// <summary>A <see cref="NewJob"/> as JSON.</summary>
    public required string Job { get; set; }

    public DateTimeOffset AddedAt { get; private set; }

    /// <summary>When a relay may take it next: at once, after the lease of the relay that has it, or after its parking.</summary>
    public DateTimeOffset DueAt { get; private set; }

    /// <summary>How often a relay has taken it.</summary>
    public int Tries { get; private set; }

    /// <summary>Why it is still here.</summary>
    public string? Reason { get; private set; }
}
