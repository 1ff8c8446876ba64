namespace BusJobs.Ledger;

/// <summary>A ready job that a claim looks at.</summary>
/// <param name="Tenant">"" when it has none.</param>
/// <param name="IsCommon">Whether it stands in the queue's common line.</param>
/// <param name="Behind">The job of its key that must end before it may start; null when there is none.</param>
/// <param name="Place">In the order of its serial key; null when it has none, or nobody asks.</param>
/// <param name="Started">What it became, where the look started it.</param>
internal sealed record Candidate(
    Guid Id, string Kind, string Tenant, int Priority, long RunAt, bool IsCommon, Guid? Behind, (string Key, long Number)? Place = null, ClaimedJob? Started = null)
{
    /// <summary>By priority, due time and id.</summary>
    public static int InOrder(Candidate one, Candidate other)
    {
        var order = one.Priority.CompareTo(other.Priority);
        order = order != 0 ? order : one.RunAt.CompareTo(other.RunAt);
        return order != 0 ? order : one.Id.CompareTo(other.Id);
    }
}

/// <summary>What a claim by the rules does with the jobs it looked at. Those it does not name stay where they are.</summary>
/// <param name="Starts">To be dispatched, in this order.</param>
/// <param name="Aside">To leave the common line for that of their kind, since their kind may not start more: nobody passes over them again.</param>
/// <param name="Behind">To leave the lines until the named job has ended.</param>
internal sealed record Choice(List<Candidate> Starts, List<Guid> Aside, List<(Guid Id, Guid Behind)> Behind)
{
    /// <summary>How many jobs left the lines that this claim looked at, so that there may be others behind them.</summary>
    public int Moved => Aside.Count + Behind.Count;

    /// <summary>
    /// Goes tenant by tenant, within a tenant by priority, due time and id, as far as the shares and the room allow. What starts is in the
    /// order of turns: the first job of one tenant does not travel behind all that a claim takes of another.
    /// </summary>
    public static Choice Make(IEnumerable<Candidate> candidates, Dictionary<string, int> shares, Room room)
    {
        var choice = new Choice([], [], []);
        foreach (var tenant in candidates.GroupBy(candidate => candidate.Tenant))
        {
            var share = shares.GetValueOrDefault(tenant.Key);
            List<Candidate> line = [.. tenant];
            line.Sort(Candidate.InOrder);
            foreach (var job in line)
            {
                share -= choice.Place(job, share, room) ? 1 : 0;
            }
        }

        return choice with { Starts = InTurns(choice.Starts, room.Book) };
    }

    /// <param name="starts">Tenant by tenant.</param>
    private static List<Candidate> InTurns(List<Candidate> starts, RuleBook book)
    {
        var turns = new List<(int Turn, Candidate Start)>(starts.Count);
        var (tenant, weight, number) = ((string?)null, 1, 0);
        foreach (var start in starts)
        {
            if (start.Tenant != tenant)
            {
                (tenant, weight, number) = (start.Tenant, book.WeightOf(start.Tenant), 0);
            }

            turns.Add((number++ / weight, start));
        }

        turns.Sort(static (one, other) => one.Turn == other.Turn ? Candidate.InOrder(one.Start, other.Start) : one.Turn.CompareTo(other.Turn));
        return turns.ConvertAll(static one => one.Start);
    }

    /// <returns>Whether it starts.</returns>
    private bool Place(Candidate job, int share, Room room)
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
            Starts.Add(job);
            return true;
        }

        if (job.IsCommon)
        {
            Aside.Add(job.Id);
        }

        return false;
    }
}
