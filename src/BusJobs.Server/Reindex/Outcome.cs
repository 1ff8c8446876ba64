namespace BusJobs.Server.Reindex;

/// <summary>What the process will exit with.</summary>
internal sealed class Outcome
{
    public int ExitCode { get; set; }
}
