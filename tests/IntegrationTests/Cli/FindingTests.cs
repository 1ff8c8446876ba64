using BusJobs.Cli.Ledgers;
using BusJobs.Ledger.Checkup;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>What the doctor makes of a database's vitals.</summary>
public sealed class FindingTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly LedgerVitals Well = new()
    {
        Server = "PostgreSQL 15.4", User = "busjobs", Pending = [], Unknown = [], Clock = T0, OldestTransaction = TimeSpan.FromMinutes(4), OldestOwner = "busjobs from busjobs", LiveRows = 200_000, DeadRows = 60_000,
    };

    [Fact]
    public void A_database_that_fares_well_needs_no_fix()
    {
        var findings = Of(Well);
        Assert.All(findings, finding => Assert.Null(finding.Fix));
        Assert.Equal(["ledger", "role", "migrations", "clock", "oldest transaction", "dead rows"], findings.Select(finding => finding.What));
    }

    [Fact]
    public void A_role_that_may_do_anything_is_told() => IsTold(Well with { User = "postgres", IsSuperuser = true }, "role", "postgres", "postgres is a superuser");

    [Fact]
    public void Migrations_that_are_pending_or_of_a_newer_build_are_told_apart()
    {
        IsTold(Well with { Pending = ["a", "b"] }, "migrations", "2 are pending", "busjobs migrate");
        IsTold(Well with { Pending = ["a"], Unknown = ["z"] }, "migrations", "1 are of a newer build (z)", "use a busjobs and servers of that build");
    }

    [Theory]
    [InlineData(-10.0)]
    [InlineData(10.0)]
    public void A_clock_that_is_apart_is_told(double seconds) => IsTold(Well with { Clock = T0.AddSeconds(seconds) }, "clock", "9", "NTP");

    [Fact]
    public void A_transaction_that_is_open_for_long_is_told_with_its_owner() =>
        IsTold(Well with { OldestTransaction = TimeSpan.FromMinutes(6), OldestOwner = "ann from psql" }, "oldest transaction", "open for 6 min, of ann from psql", "pg_terminate_backend");

    [Fact]
    public void Dead_rows_that_outnumber_the_living_are_told() => IsTold(Well with { DeadRows = 200_001 }, "dead rows", "200,001 beside 200,000 live ones", "vacuum busjobs.job");

    [Fact]
    public void A_file_has_no_role_and_no_dead_rows() =>
        Assert.Equal(["ledger", "migrations", "clock"], Of(new LedgerVitals { Server = "SQLite 3.46", Pending = [], Unknown = [], Clock = T0 }).Select(finding => finding.What));

    /// <summary>The database was asked half a second before and after its clock of the well one.</summary>
    private static List<Finding> Of(LedgerVitals vitals) => [.. Finding.Of(vitals, T0.AddSeconds(-0.5), T0.AddSeconds(0.5))];

    private static void IsTold(LedgerVitals vitals, string what, string says, string fix)
    {
        var told = Assert.Single(Of(vitals), finding => finding.Fix is not null);
        Assert.Equal(what, told.What);
        Assert.Contains(says, told.Says, StringComparison.Ordinal);
        Assert.Contains(fix, told.Fix, StringComparison.Ordinal);
    }
}
