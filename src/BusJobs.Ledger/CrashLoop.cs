namespace BusJobs.Ledger;

internal static class CrashLoop
{
    /// <summary>The reason of a job that was in the worker at each of its last crashes.</summary>
    public static readonly string Reason = $"crash-loop: its worker died {Limits.MaxCrashes} times while it ran.";
}
