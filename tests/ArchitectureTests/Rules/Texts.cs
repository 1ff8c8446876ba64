using System.Text.RegularExpressions;

namespace BusJobs.ArchitectureTests.Rules;

/// <summary>What can be read off the text of the sources.</summary>
internal static partial class Texts
{
    /// <summary>Statements that go by the real moment, since no test needs to move it. Migrations set defaults and are not looked at.</summary>
    public static readonly IReadOnlyDictionary<string, string> RealMoments = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["src/BusJobs.Ledger/Postgres/Door/PostgresLedger.Admit.cs"] = "a key, a delay and an age count from the insertion, by the database's clock",
        ["src/BusJobs.Ledger/Postgres/Door/PostgresLedger.Keys.cs"] = "a key is held from the moment of the call, by the database's clock",
        ["src/BusJobs.Ledger/Postgres/Door/PostgresLedger.Limits.cs"] = "all processes share one minute, so it is the database's",
        ["src/BusJobs.Ledger/Postgres/PostgresLedger.Insert.cs"] = "a delay counts from the insertion, by the database's clock",
        ["src/BusJobs.Ledger/Postgres/PostgresLedger.Reclaim.cs"] = "the age of an open dispatch is shown, not judged by",
        ["src/BusJobs.Outbox/Model/OutboxModel.cs"] = "defaults of the table, as in a migration",
        ["src/BusJobs.Outbox/Postgres/WakeUpSql.cs"] = "who listens now is no matter of a job's time",
        ["src/BusJobs.Ledger/Postgres/Rules/PostgresLedger.RuleBook.cs"] = "a start counts from when its claim holds the rules; tests give the moment",
        ["src/BusJobs.Ledger/Postgres/WakeUp.cs"] = "who listens now is no matter of a job's time",
    };

    [GeneratedRegex(@"coalesce\(\s*[$@]\w+\s*,\s*now\(\)\s*\)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Movable { get; }

    [GeneratedRegex(@"(?<![\w.])(now\(\)|clock_timestamp\(\)|statement_timestamp\(\)|current_timestamp|julianday\('now'|(date|time|datetime|unixepoch|strftime)\([^)]*'now')", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex WallClock { get; }

    [GeneratedRegex(@"//.*#\d{2,}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex IssueNumber { get; }

    public static IEnumerable<string> BareWallClocks(IEnumerable<SourceFile> files, IReadOnlyDictionary<string, string> realMoments) =>
        from file in files
        where !file.Path.Contains("/Migrations/", StringComparison.Ordinal) && !realMoments.ContainsKey(file.Path)
        where WallClock.IsMatch(Movable.Replace(file.Text, ""))
        select $"{file.Path} has SQL with a wall clock that no test can move: {WallClock.Match(Movable.Replace(file.Text, "")).Value}.";

    public static IEnumerable<string> IssueNumbers(IEnumerable<SourceFile> files) =>
        from file in files
        from line in file.Lines.Index()
        where IssueNumber.IsMatch(line.Item)
        select $"{file.Path}:{line.Index + 1} sends its reader to an issue tracker.";
}
