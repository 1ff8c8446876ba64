using System.ComponentModel.DataAnnotations;

namespace Forge;

/// <summary>How the forge's background work runs.</summary>
public sealed record ForgeOptions
{
    /// <summary>Where the SQLite index (<c>forge.db</c>) lies. Needed when <see cref="Database"/> is null.</summary>
    public string? DataFolder { get; init; }

    /// <summary>An Npgsql connection string. Default: null, which means the SQLite file.</summary>
    public string? Database { get; init; }

    /// <summary>The folder of the repositories that the API serves, each at <c>org/name</c> or <c>org/name.git</c>. Default: null, which means none.</summary>
    public string? RepositoryRoot { get; init; }

    /// <summary>The share of first attempts that fail on purpose, so that retries can be watched. 0 to 1. Default: 0.</summary>
    public double FaultRate { get; init; }

    /// <summary>Files above this are counted, not indexed. 1 byte to 16 MiB. Default: 1 MiB.</summary>
    public int MaxFileBytes { get; init; } = 1024 * 1024;

    /// <summary>Files per job, 1 to 500. Default: 32.</summary>
    public int FilesPerBatch { get; init; } = 32;

    /// <summary>How long one run of git may take. Default: 60 seconds.</summary>
    public TimeSpan GitTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The git program. Default: the one on the path.</summary>
    public string GitProgram { get; init; } = "git";

    /// <exception cref="ValidationException">A member is outside its bounds.</exception>
    public ForgeOptions Checked()
    {
        Require(Database is not null || !string.IsNullOrWhiteSpace(DataFolder), "The forge needs a database or a data folder.");
        Require(FaultRate is >= 0 and <= 1, $"The fault rate {FaultRate} is outside 0 to 1.");
        Require(MaxFileBytes is >= 1 and <= 16 * 1024 * 1024, $"The largest file to index, {MaxFileBytes} bytes, is outside 1 byte to 16 MiB.");
        Require(FilesPerBatch is >= 1 and <= 500, $"{FilesPerBatch} files per batch is outside 1 to 500.");
        Require(GitTimeout > TimeSpan.Zero && GitTimeout <= TimeSpan.FromHours(1), $"The git timeout {GitTimeout} is outside 0 to 1 hour.");
        return this;

        static void Require(bool holds, string sentence)
        {
            if (!holds)
            {
                throw new ValidationException(sentence);
            }
        }
    }
}
