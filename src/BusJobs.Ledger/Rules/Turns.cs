namespace BusJobs.Ledger;

/// <summary>
/// Whose turn it is in one lane of a queue. Tenants take turns in the order of their names, each as many jobs at a turn as it weighs, so
/// that one with many jobs delays the first job of another by no more than one round, and a round by no more than it has places.
/// Remembered by each coordinator for itself: each is fair, and so all are.
/// </summary>
internal sealed class Turns
{
    private const int LargeShare = 16;

    private (string Tenant, int Jobs) had = ("", 0);

    /// <summary>The tenant whose turn was over last.</summary>
    public string After { get; private set; } = "";

    /// <summary>Whether the last look found lines of tenants or kinds: then the common line alone does not tell who comes next.</summary>
    public bool HasLines { get; set; }

    /// <summary>Of tenants where it was more than one: how many jobs the last claim started for each that it chose, since others of its key went along. So many fewer need to be looked at.</summary>
    public Dictionary<string, double> JobsPerStart { get; set; } = [];

    /// <summary>
    /// How many of each share are to be chosen one by one, where others of their keys may go along: what is left of it is for those. Where nobody knows yet how many
    /// that are, a part of a large share is kept to find out.
    /// </summary>
    public Dictionary<string, int> Firsts(Dictionary<string, int> shares) => shares.ToDictionary(
        share => share.Key,
        share => share.Value == 0 ? 0 : Math.Max(1, (int)(share.Value / JobsPerStart.GetValueOrDefault(share.Key, share.Value >= LargeShare ? 8.0 / 7 : 1))));

    /// <summary>Shares out places.</summary>
    /// <param name="tenants">Those with jobs that may start, in the order of their turns: those after <see cref="After"/>, then the others.</param>
    public Dictionary<string, int> Share(IReadOnlyList<string> tenants, Func<string, int> weightOf, int places)
    {
        var shares = tenants.ToDictionary(tenant => tenant, _ => 0);
        var round = tenants.Sum(weightOf);
        var rest = tenants.Count == 0 ? 0 : places;
        for (var turn = 0; rest > 0;)
        {
            var (tenant, weight) = (tenants[turn], weightOf(tenants[turn]));
            var before = had.Tenant == tenant ? had.Jobs : 0;
            if (before == 0 && rest >= round)
            {
                // Whole rounds at once; who begins the next is the same.
                foreach (var each in tenants)
                {
                    shares[each] += rest / round * weightOf(each);
                }

                rest %= round;
                (After, had) = (tenants[(turn + tenants.Count - 1) % tenants.Count], ("", 0));
                continue;
            }

            var given = Math.Min(rest, Math.Max(0, weight - before));
            shares[tenant] += given;
            rest -= given;
            had = (tenant, before + given);
            if (had.Jobs >= weight)
            {
                (After, had) = (tenant, ("", 0));
                turn = (turn + 1) % tenants.Count;
            }
        }

        return shares;
    }
}
