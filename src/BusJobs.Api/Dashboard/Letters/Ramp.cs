using BusJobs.Api.Letters;
using BusJobs.Ledger.Letters;

namespace BusJobs.Api.Dashboard.Letters;

/// <summary>
/// A redrive that goes carefully: 5 jobs, then a tenth of them all, then the rest, each step when the one before has ended, and no further once the fingerprint
/// has come back. The rules only; <see cref="Ramps"/> does it.
/// </summary>
/// <param name="jobs">Oldest death first.</param>
public sealed class Ramp(Fingerprint fingerprint, string by, IReadOnlyList<Guid> jobs)
{
    private const int First = 5;
    private const int Share = 10;

    private readonly List<IReadOnlyList<Guid>> steps = [.. Divide(jobs)];

    public Fingerprint Fingerprint => fingerprint;
    public string By => by;

    /// <summary>How many jobs it has in all.</summary>
    public int All => jobs.Count;

    /// <summary>How many were redriven.</summary>
    public int Done { get; private set; }

    /// <summary>The jobs of the step that is under way; empty before the first.</summary>
    public IReadOnlyList<Guid> Step { get; private set; } = [];

    /// <summary>What became of it, in a sentence; null while it goes on.</summary>
    public string? End { get; private set; }

    /// <summary>Begins the next step.</summary>
    /// <returns>Its jobs; empty at the end.</returns>
    public IReadOnlyList<Guid> Next()
    {
        if (End is null && steps.Count == 0)
        {
            End = "All were redriven, and none came back.";
        }

        if (End is not null)
        {
            return [];
        }

        Step = steps[0];
        steps.RemoveAt(0);
        Done += Step.Count;
        return Step;
    }

    /// <summary>Looks at the jobs of the step.</summary>
    /// <returns>True when all have ended and the next step may begin.</returns>
    public bool Look(IReadOnlyCollection<JobStanding> standings)
    {
        // An attempt that failed is told by its reason, also while it waits for the next one.
        var back = standings.Count(job => job.State is not LedgerState.Succeeded && job.Reason is { } reason && Fingerprint.Of(fingerprint.Kind, reason).Key == fingerprint.Key);
        if (back > 0)
        {
            End = $"Stopped: the failure came back in {back} of {Step.Count} jobs.";
        }

        return End is null && standings.All(job => job.State > LedgerState.Dispatched);
    }

    public void Stop(string why) => End ??= why;

    private static IEnumerable<IReadOnlyList<Guid>> Divide(IReadOnlyList<Guid> jobs)
    {
        var tenth = Math.Max(First, (jobs.Count + Share - 1) / Share);
        return ((IReadOnlyList<Guid>[])[[.. jobs.Take(First)], [.. jobs.Skip(First).Take(tenth)], [.. jobs.Skip(First + tenth)]]).Where(step => step.Count > 0);
    }
}
