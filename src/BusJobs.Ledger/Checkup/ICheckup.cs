namespace BusJobs.Ledger.Checkup;

/// <summary>How the database under a ledger fares.</summary>
public interface ICheckup
{
    /// <summary>Changes nothing, and needs no migrated ledger.</summary>
    Task<LedgerVitals> VitalsAsync(DateTimeOffset? now, CancellationToken cancellationToken);
}

/// <summary>What a database tells of itself, as far as its kind has it.</summary>
public sealed record LedgerVitals
{
    /// <summary>Product and version.</summary>
    public required string Server { get; init; }

    /// <summary>The role that was signed in with; null for a file.</summary>
    public string? User { get; init; }

    /// <summary>Whether that role may do anything.</summary>
    public bool IsSuperuser { get; init; }

    /// <summary>Migrations of this build that the ledger has not had, oldest first.</summary>
    public required IReadOnlyList<string> Pending { get; init; }

    /// <summary>Migrations that this build does not know: a newer one has been here.</summary>
    public required IReadOnlyList<string> Unknown { get; init; }

    /// <summary>The database's clock.</summary>
    public required DateTimeOffset Clock { get; init; }

    /// <summary>For how long the oldest transaction of the server has been open: nothing that died since can be cleaned up.</summary>
    public TimeSpan? OldestTransaction { get; init; }

    /// <summary>Who has it open.</summary>
    public string? OldestOwner { get; init; }

    /// <summary>Rows of the table of jobs, as its statistics tell.</summary>
    public long LiveRows { get; init; }

    /// <summary>Versions of rows that wait to be cleaned up.</summary>
    public long DeadRows { get; init; }
}
