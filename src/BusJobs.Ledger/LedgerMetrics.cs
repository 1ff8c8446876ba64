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

    public static EnqueueResult Entered(NewJob job, EnqueueResult answer)
    {
        if (Jobs.Enabled)
        {
            Add(job.Queue, answer.Word, count: 1);
        }

        return answer;
    }

    /// <summary>Adds once for each run of jobs with the same queue and answer: mostly once for a batch.</summary>
    public static IReadOnlyList<EnqueueResult> Entered(IReadOnlyCollection<NewJob> jobs, IReadOnlyList<EnqueueResult> answers)
    {
        if (!Jobs.Enabled)
        {
            return answers;
        }

        var (queue, answer, count) = ("", "", 0);
        foreach (var (job, result) in jobs.Zip(answers))
        {
            if (count > 0 && (job.Queue != queue || result.Word != answer))
            {
                Add(queue, answer, count);
                count = 0;
            }

            (queue, answer) = (job.Queue, result.Word);
            count++;
        }

        if (count > 0)
        {
            Add(queue, answer, count);
        }

        return answers;
    }

    private static void Add(string queue, string answer, int count) => Jobs.Add(count, new("queue", Queues.Of(queue)), new("answer", answer));
}
