namespace BusJobs.Ledger;

/// <param name="Limit">Places in any 60 seconds.</param>
/// <param name="Count">Places wanted.</param>
internal sealed record Wanted(int Limit, int Count);

/// <param name="Count">Places given.</param>
/// <param name="RetryAfter">Until there is another, for those who got none.</param>
internal sealed record Given(int Count, TimeSpan RetryAfter)
{
    public static Given Nothing { get; } = new(0, TimeSpan.Zero);
}

/// <summary>
/// Jobs before the limits at the door. What the limits say of each is decided here, once; where depths and places come from is
/// each ledger's own. Jobs that are in the ledger already take no place.
/// </summary>
internal sealed class DoorAsk(IReadOnlyList<NewJob> jobs, DoorLimits limits)
{
    private readonly EnqueueResult?[] answers = new EnqueueResult?[jobs.Count];
    private List<int> asking = [.. Enumerable.Range(0, jobs.Count).Where(place => limits.Touch(jobs[place]))];

    /// <summary>The jobs that a limit touches, in the order given.</summary>
    public List<NewJob> Asking => asking.ConvertAll(place => jobs[place]);

    /// <summary>For each job what keeps it out, or null.</summary>
    public IReadOnlyList<EnqueueResult?> Answers => answers;

    /// <summary>Queues with a limit, and how many ready jobs each may have.</summary>
    public Dictionary<string, int> Queues => Asking.Select(job => job.Queue).Distinct()
        .Where(queue => limits.Depth(queue) is not null).ToDictionary(queue => queue, queue => limits.Depth(queue)!.Value);

    /// <summary>The places that the jobs need.</summary>
    public Dictionary<Partition, Wanted> Places => Asking.CountBy(Partition.Of).Where(one => limits.PerMinute(one.Key) is not null)
        .ToDictionary(one => one.Key, one => new Wanted(limits.PerMinute(one.Key)!.Value, one.Value));

    /// <summary>Leaves out jobs that will be duplicates, so that a retried call is not turned away.</summary>
    /// <param name="taken">One for each asking job.</param>
    public void Pass(IReadOnlyList<Taken> taken) => asking = [.. asking.Where((place, index) => !taken[index].IsDuplicate(jobs[place]))];

    public void Enter(DepthGauges gauges) => asking.RemoveAll(place =>
    {
        if (limits.Depth(jobs[place].Queue) is { } depth && gauges.TryEnter(jobs[place].Queue, depth) is { } retryAfter)
        {
            answers[place] = new EnqueueResult.Shed(retryAfter);
        }

        return answers[place] is not null;
    });

    /// <summary>The first of a partition's jobs get its places.</summary>
    public void Give(IReadOnlyDictionary<Partition, Given> given)
    {
        var left = given.ToDictionary();
        foreach (var place in asking)
        {
            var partition = Partition.Of(jobs[place]);
            if (!left.TryGetValue(partition, out var places))
            {
                continue;
            }

            answers[place] = places.Count > 0 ? null : new EnqueueResult.RateLimited(places.RetryAfter);
            left[partition] = places with { Count = places.Count - 1 };
        }
    }

    /// <summary>Puts the answers for the jobs that were let in between those for the jobs that were not.</summary>
    public static IReadOnlyList<EnqueueResult> Merge(IReadOnlyList<EnqueueResult?> refusals, IReadOnlyList<EnqueueResult> added)
    {
        var next = 0;
        return [.. refusals.Select(refusal => refusal ?? added[next++])];
    }
}
