using System.Diagnostics.Metrics;

namespace BusJobs.Ledger;

/// <summary>What this process has put into its ledger, whichever way it came.</summary>
internal static class LedgerMetrics
{
    public const string MeterName = "BusJobs.Ledger";

    private static readonly Meter Meter = new(MeterName);
    private static readonly LabelCap Queues = new();

    private static readonly Counter<long> Jobs = Meter.CreateCounter<long>(
        "busjobs.jobs.enqueued", "{job}", "Jobs that came to the door of the ledger, by queue and answer; a transaction that is rolled back later is counted, too.");

    /// <summary>Adds once for each run of jobs with the same queue and answer: mostly once for a batch.</summary>
    public static void Entered(IReadOnlyCollection<NewJob> jobs, IReadOnlyList<EnqueueResult> answers)
    {
        if (!Jobs.Enabled)
        {
            return;
        }

        var (queue, answer, count) = ("", "", 0);
        foreach (var (job, result) in jobs.Zip(answers))
        {
            var word = Word(result);
            if (count > 0 && (job.Queue != queue || word != answer))
            {
                Add(queue, answer, count);
                count = 0;
            }

            (queue, answer) = (job.Queue, word);
            count++;
        }

        if (count > 0)
        {
            Add(queue, answer, count);
        }
    }

    private static void Add(string queue, string answer, int count) => Jobs.Add(count, new("queue", Queues.Of(queue)), new("answer", answer));

    private static string Word(EnqueueResult result) => result switch
    {
        EnqueueResult.Enqueued => "enqueued",
        EnqueueResult.Duplicate => "duplicate",
        EnqueueResult.RateLimited => "rateLimited",
        _ => "shed",
    };
}
