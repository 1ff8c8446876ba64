namespace BusJobs.Ledger;

/// <summary>Where the ledger is: on PostgreSQL when <see cref="Database"/> is set, else in a SQLite file of <see cref="DataFolder"/>.</summary>
public sealed class LedgerOptions
{
    /// <summary>An Npgsql connection string. Default: none.</summary>
    public string? Database { get; set; }

    /// <summary>The folder of <c>busjobs.db</c>; made when missing. Default: none, which is an error without <see cref="Database"/>.</summary>
    public string? DataFolder { get; set; }

    /// <summary>
    /// Limits at the door that this host declares. They are written to the ledger when it is migrated, which is when a coordinator
    /// starts; a limit that was set at runtime stays. Default: none.
    /// </summary>
    public IList<DoorLimit> DoorLimits { get; } = [];

    /// <summary>The name of the SQLite file in <see cref="DataFolder"/>.</summary>
    public const string FileName = "busjobs.db";

    /// <summary>Where the server and the command line look for the file unless they are told: <c>busjobs</c> in the user's data folder. Null when the user has none.</summary>
    public static string? DefaultFolder { get; } =
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } data
            ? Path.Combine(data, "busjobs")
            : null;
}
