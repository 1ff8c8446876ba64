namespace BusJobs.Ledger;

/// <summary>A ready job that a claim looks at.</summary>
/// <param name="Tenant">"" when it has none.</param>
/// <param name="IsCommon">Whether it stands in the queue's common line.</param>
/// <param name="Behind">The job of its key that must end before it may start; null when there is none.</param>
/// <param name="IsMarked">Whether its row says that it is counted while it runs, since it was put aside, or from an earlier start.</param>
internal sealed record Candidate(Guid Id, string Kind, string Tenant, int Priority, long RunAt, bool IsCommon, Guid? Behind, bool IsMarked);

/// <summary>What a claim by the rules does with the jobs it looked at. Those it does not name stay where they are.</summary>
/// <param name="Starts">To be dispatched, in this order, and whether they must be counted while they run.</param>
/// <param name="Aside">To leave the common line for that of their kind, since their kind may not start more: nobody passes over them again.</param>
/// <param name="Behind">To leave the lines until the named job has ended.</param>
internal sealed record Choice(List<(Candidate Job, bool Limited)> Starts, List<Guid> Aside, List<(Guid Id, Guid Behind)> Behind)
{
    /// <summary>How many jobs left the lines that this claim looked at, so that there may be others behind them.</summary>
    public int Moved => Aside.Count + Behind.Count;

    /// <summary>
    /// Goes tenant by tenant, within a tenant by priority, due time and id, as far as the shares and the room allow. What starts is in the
    /// order of turns: the first job of one tenant does not travel behind all that a claim takes of another.
    /// </summary>
    public static Choice Make(IEnumerable<Candidate> candidates, Dictionary<string, int> shares, Room room, RuleBook book)
    {
        var choice = new Choice([], [], []);
        foreach (var tenant in candidates.GroupBy(candidate => candidate.Tenant))
        {
            var share = shares.GetValueOrDefault(tenant.Key);
            foreach (var job in tenant.OrderBy(job => job.Priority).ThenBy(job => job.RunAt).ThenBy(job => job.Id))
            {
                share -= choice.Place(job, share, room, book) ? 1 : 0;
            }
        }

        return choice with { Starts = InTurns(choice.Starts, book) };
    }

    private static List<(Candidate Job, bool Limited)> InTurns(List<(Candidate Job, bool Limited)> starts, RuleBook book) =>
    [
        .. starts.GroupBy(start => start.Job.Tenant)
            .SelectMany(tenant => tenant.Index().Select(start => (Turn: start.Index / book.WeightOf(tenant.Key), Start: start.Item)))
            .OrderBy(start => start.Turn)
            .ThenBy(start => start.Start.Job.Priority).ThenBy(start => start.Start.Job.RunAt).ThenBy(start => start.Start.Job.Id)
            .Select(start => start.Start),
    ];

    /// <returns>Whether it starts.</returns>
    private bool Place(Candidate job, int share, Room room, RuleBook book)
    {
        if (job.Behind is { } first)
        {
            Behind.Add((job.Id, first));
            return false;
        }

        if (share <= 0)
        {
            return false;
        }

        if (room.TryTake(job.Kind, job.Tenant))
        {
            Starts.Add((job, book.IsLimited(job.Kind, job.Tenant)));
            return true;
        }

        if (job.IsCommon)
        {
            Aside.Add(job.Id);
        }

        return false;
    }
}
