using System.Text.RegularExpressions;

namespace BusJobs;

/// <summary>The one rule for names of kinds, queues and tenants, so that a name is safe in a broker, a URL, a metric and a log.</summary>
public static partial class Names
{
    public const string DefaultQueue = "default";
    public const string Allowed = "1 to 63 characters of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit";

    /// <summary>The end of the broker queue that keeps copies of dead letters; no job queue may be called so.</summary>
    public const string DeadSuffix = ".dead";

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,62}\z", RegexOptions.None, matchTimeoutMilliseconds: 100)]
    private static partial Regex Rule { get; }

    public static bool IsAllowed(string? name) => name is { Length: > 0 and <= 63 } && Rule.IsMatch(name);

    /// <exception cref="JobRefusedException">The name breaks the rule.</exception>
    public static string Check(string field, string? name) =>
        IsAllowed(name) ? name! : throw new JobRefusedException(field, name, Allowed);

    /// <exception cref="JobRefusedException">The name breaks the rule, or ends in <c>.dead</c>.</exception>
    public static string CheckQueue(string? name) =>
        Check("queue", name).EndsWith(DeadSuffix, StringComparison.Ordinal)
            ? throw new JobRefusedException("queue", name, $"a name that does not end in '{DeadSuffix}', which is kept for dead letters")
            : name!;
}
