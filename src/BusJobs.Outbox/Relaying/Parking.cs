namespace BusJobs.Outbox.Relaying;

/// <summary>How long a row that is itself at fault stays away: each time twice as long, up to an hour, so that it costs the others nothing.</summary>
internal static class Parking
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    public static PutBack Of(OutboxEntry row, string reason)
    {
        var parking = TimeSpan.FromSeconds(10 * Math.Pow(2, Math.Clamp(row.Tries - 1, 0, 10)));
        return new PutBack(row.Position, parking < Longest ? parking : Longest, reason);
    }
}
