namespace BusJobs.Ledger;

/// <summary>What the ledger has already of what a job brings.</summary>
/// <param name="Known">A job with its id.</param>
/// <param name="Holder">The active job with its key.</param>
/// <param name="IsRunning">Whether that one has been dispatched, and so may not see what this one is about.</param>
/// <param name="Waiting">The job that waits for the holder to end.</param>
/// <param name="HeldBy">The job that holds its key for a time.</param>
internal readonly record struct Taken(bool Known, Guid? Holder, bool IsRunning, Guid? Waiting, Guid? HeldBy)
{
    /// <summary>Whether no row will be added for the job.</summary>
    public bool IsDuplicate(NewJob job) => Known || (First is not null && !Follows(job));

    /// <summary>Who has the key, or will have it next.</summary>
    public Guid? First => Waiting ?? Holder ?? HeldBy;

    /// <summary>Whether the job is kept back until the running one has ended.</summary>
    public bool Follows(NewJob job) => IsRunning && Waiting is null && job.Unique!.WhenRunning == WhenRunning.QueueOneFollowUp;
}

/// <param name="Waits">Whether it is kept back until the job that has its key has ended.</param>
internal readonly record struct Entering(int Place, NewJob Job, bool Waits);

/// <summary>
/// Jobs on their way into a ledger. The rule of what becomes of a job whose key or id is taken is here, once; how it is looked
/// up and written is each ledger's own. Each look is at what has been committed by then: whoever met a rival in between
/// stays open, and is decided by another look.
/// </summary>
internal sealed class Admitting(IReadOnlyList<NewJob> jobs)
{
    private readonly EnqueueResult?[] answers = new EnqueueResult?[jobs.Count];
    private readonly List<(int Place, Guid Holder)> replacing = [];
    private List<int> open = [.. Enumerable.Range(0, jobs.Count)];

    /// <summary>The jobs that are not decided, in the order given.</summary>
    public List<NewJob> Open => open.ConvertAll(place => jobs[place]);

    public bool IsOpen => open.Count > 0;

    /// <summary>One answer for each job, once all are decided.</summary>
    public IReadOnlyList<EnqueueResult> Answers => answers!;

    /// <summary>What to insert, in order; of several jobs with one key, the first.</summary>
    public List<Entering> Entering { get; private set; } = [];

    /// <summary>Waiting jobs that get a payload, and by which job; of several, the last.</summary>
    public Dictionary<Guid, NewJob> Replacing { get; } = [];

    /// <param name="taken">One for each open job.</param>
    public void Look(IReadOnlyList<Taken> taken)
    {
        Entering.Clear();
        Replacing.Clear();
        replacing.Clear();
        var keys = new HashSet<(string Kind, string Key)>();
        foreach (var (index, place) in open.Index())
        {
            Decide(place, taken[index], keys);
        }
    }

    /// <param name="updated">Those of <see cref="Replacing"/> that had not been dispatched.</param>
    public void Replaced(HashSet<Guid> updated)
    {
        foreach (var (place, holder) in replacing)
        {
            // The holder of a key for a time has it even when it runs or has ended; an active one may be running or gone by now.
            if (updated.Contains(holder) || HeldKeys.Of(jobs[place]) is not null)
            {
                answers[place] = new EnqueueResult.Duplicate(holder);
            }
        }
    }

    /// <param name="ids">Jobs that got hold of their keys. The others do not enter now.</param>
    public void Held(HashSet<Guid> ids) => Entering = Entering.FindAll(entry => HeldKeys.Of(entry.Job) is null || ids.Contains(entry.Job.Id));

    /// <summary>Notes what was inserted; what is left without an answer is looked at again.</summary>
    public void Entered(HashSet<Guid> ids)
    {
        foreach (var entry in Entering.Where(entry => ids.Remove(entry.Job.Id)))
        {
            answers[entry.Place] = new EnqueueResult.Enqueued(entry.Job.Id);
        }

        open = open.FindAll(place => answers[place] is null);
    }

    private void Decide(int place, Taken taken, HashSet<(string Kind, string Key)> keys)
    {
        var job = jobs[place];
        if (taken.Known)
        {
            answers[place] = new EnqueueResult.Duplicate(job.Id);
        }
        else if (taken.First is not { } first || taken.Follows(job))
        {
            Enter(place, waits: taken.First is not null, keys);
        }
        else if (job.Unique!.Replace && (taken.Waiting is not null || !taken.IsRunning))
        {
            Replacing[first] = job;
            replacing.Add((place, first));
        }
        else
        {
            answers[place] = new EnqueueResult.Duplicate(first);
        }
    }

    private void Enter(int place, bool waits, HashSet<(string Kind, string Key)> keys)
    {
        var job = jobs[place];
        if (job.Unique is null || keys.Add((job.Kind, HeldKeys.Of(job) ?? HeldKeys.WhileActive(job)!)))
        {
            Entering.Add(new Entering(place, job, waits));
        }
    }
}
