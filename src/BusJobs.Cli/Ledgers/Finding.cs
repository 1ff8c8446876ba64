using BusJobs.Cli.Showing;
using BusJobs.Ledger.Checkup;

namespace BusJobs.Cli.Ledgers;

/// <summary>One thing that was looked at.</summary>
/// <param name="Fix">What to do; null when all is well.</param>
internal sealed record Finding(string What, string Says, string? Fix = null)
{
    /// <summary>False when it could not be looked at, because nobody said where it is.</summary>
    public bool WasSeen { get; init; } = true;

    /// <summary>In two letters, for the eye that runs down the list.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Mark => Fix is not null ? "!!" : WasSeen ? "ok" : "--";

    private static readonly TimeSpan LongTransaction = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LargeDifference = TimeSpan.FromSeconds(2);
    private const long ManyDeadRows = 50_000;

    /// <param name="asked">The clock of this machine before the database was asked.</param>
    /// <param name="answered">And after.</param>
    public static IEnumerable<Finding> Of(LedgerVitals vitals, DateTimeOffset asked, DateTimeOffset answered)
    {
        yield return new Finding("ledger", vitals.Server);
        if (vitals.User is { } user)
        {
            yield return new Finding("role", user, vitals.IsSuperuser ? $"{user} is a superuser: give the server a role that owns the schema busjobs only" : null);
        }

        yield return vitals switch
        {
            { Unknown: [_, ..] } => new Finding("migrations", $"{vitals.Unknown.Count} are of a newer build ({vitals.Unknown[^1]})", "use a busjobs and servers of that build"),
            { Pending: [_, ..] } => new Finding("migrations", $"{vitals.Pending.Count} are pending", "busjobs migrate"),
            _ => new Finding("migrations", "up to date"),
        };
        // The database read its clock between the two; only what lies outside is a difference.
        var difference = vitals.Clock > answered ? vitals.Clock - answered : vitals.Clock < asked ? vitals.Clock - asked : TimeSpan.Zero;
        yield return new Finding(
            "clock", $"{difference.TotalSeconds:0.0} s apart from this machine", difference.Duration() > LargeDifference ? "let both machines keep their time by NTP" : null);
        if (vitals.OldestTransaction is { } age)
        {
            yield return new Finding(
                "oldest transaction", $"open for {Plain.Span(age)}, of {Plain.Line(vitals.OldestOwner, 100)}",
                age > LongTransaction ? "end it (pg_terminate_backend): until then dead rows pile up and every claim slows down" : null);
        }

        if (vitals.User is not null)
        {
            yield return new Finding(
                "dead rows", $"{vitals.DeadRows:N0} beside {vitals.LiveRows:N0} live ones",
                vitals.DeadRows > ManyDeadRows && vitals.DeadRows > vitals.LiveRows ? "vacuum busjobs.job; then see why autovacuum does not come round to it" : null);
        }
    }
}
