namespace BusJobs.Ledger;

/// <summary>What can be paused.</summary>
public enum PauseScope
{
    Queue = 0,
    Kind = 1,
    Tenant = 2,
}

/// <summary>Jobs of this queue, kind or tenant are enqueued and wait; those that run go on.</summary>
/// <param name="By">Who paused it.</param>
/// <param name="Reason">Why, if it was told.</param>
/// <param name="At">Since when, by the ledger's clock.</param>
public sealed record Pause(PauseScope Scope, string Name, string By, string? Reason, DateTimeOffset At)
{
    private const int LongestBy = 200;
    private const int LongestReason = 1_000;

    internal bool Holds(string queue, string kind, string tenant) =>
        Name == (Scope == PauseScope.Queue ? queue : Scope == PauseScope.Kind ? kind : tenant);

    /// <exception cref="JobRefusedException">The scope, the name, who or why is not allowed.</exception>
    public static void Check(PauseScope scope, string name, string by, string? reason)
    {
        Require(Enum.IsDefined(scope), "scope", scope.ToString(), "queue, kind or tenant");
        Names.Check(scope.ToString().ToLowerInvariant(), name);
        Require(IsLine(by, LongestBy) && by.Length > 0, "by", by, "who pauses it, in 1 to 200 printable characters");
        Require(reason is null || IsLine(reason, LongestReason), "reason", reason, "at most 1,000 printable characters");
    }

    private static bool IsLine(string? text, int longest) => text is not null && text.Length <= longest && !text.Any(char.IsControl);

    private static void Require(bool holds, string field, string? value, string allowed)
    {
        if (!holds)
        {
            throw new JobRefusedException(field, value, allowed);
        }
    }
}
