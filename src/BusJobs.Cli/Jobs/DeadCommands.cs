using System.CommandLine;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Jobs;

/// <summary><c>busjobs dead list|groups|redrive</c>: jobs that failed for good.</summary>
internal static class DeadCommands
{
    private const int MostRedriven = 10_000;
    private const int BatchSize = 500;

    private static readonly Option<bool> All = new("--all") { Description = "All dead jobs; needed when nothing else says which." };
    private static readonly Option<string?> Fingerprint = Word.Text("--fingerprint", "Only the group of this fingerprint: see dead groups.", "FINGERPRINT");
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Count them only." };
    private static readonly Option<int?> AtMost = Word.Number("--limit", "At most so many, the oldest first. Default: 10,000.", 1, MostRedriven);

    public static Command Build(Seat seat)
    {
        var list = new Command("list", "List dead jobs, the latest first.") { JobCommands.Limit };
        foreach (var option in JobFilter.All)
        {
            list.Add(option);
        }

        return new Command("dead", "Jobs that failed for good, and giving them another chance.")
        {
            seat.Calls(list, ListAsync),
            seat.Calls(new Command("groups", "What dead jobs died of: the latest first.") { JobFilter.Kind }, GroupsAsync),
            seat.Calls(new Command("redrive", "Give dead jobs a new series of attempts. Counts them first, and asks.") { JobFilter.Kind, JobFilter.Queue, JobFilter.Tenant, Fingerprint, All, AtMost, DryRun }, RedriveAsync),
        };
    }

    private static async Task<int> ListAsync(Call call)
    {
        var now = call.Clock.GetUtcNow();
        var (jobs, more) = await JobCommands.PagesAsync(call, ("state", "dead"));
        return JobCommands.List(call, jobs, more, ["ID", "KIND", "QUEUE", "TENANT", "ATTEMPTS", "DIED", "REASON"], job =>
        [
            job.Cell("id"), job.Cell("kind"), job.Cell("queue"), job.Cell("tenant"), job.Cell("attempts"), Plain.Relative(job.Time("finishedAt"), now), job.Cell("reason", 120),
        ], "No dead jobs.");
    }

    private static async Task<int> GroupsAsync(Call call)
    {
        var now = call.Clock.GetUtcNow();
        var kind = call.Value(JobFilter.Kind);
        var found = await call.Api.GetAsync(kind is null ? "dead/groups" : $"dead/groups?kind={Uri.EscapeDataString(kind)}", call.Token);
        var code = call.Tell(found, () => call.Screen.Table(["FINGERPRINT", "KIND", "JOBS", "FIRST", "LAST", "TENANTS", "ERROR"], found.Items("groups").Select(group => new[]
        {
            group.Cell("fingerprint"), group.Cell("kind"), group.Cell("jobs"), Plain.Relative(group.Time("firstSeen"), now), Plain.Relative(group.Time("lastSeen"), now),
            Plain.First(string.Join(", ", group.Items("tenants")), 60) is { Length: > 0 } tenants ? tenants : "-", group.Cell("error", 120),
        }), "No dead jobs."));
        if (found.Flag("more"))
        {
            call.Screen.Note($"There are older dead jobs than these {found.Number("looked"):N0}.");
        }

        return code;
    }

    private static async Task<int> RedriveAsync(Call call)
    {
        if (!call.Value(All) && (call.Value(JobFilter.Kind) ?? call.Value(JobFilter.Queue) ?? call.Value(JobFilter.Tenant) ?? call.Value(Fingerprint)) is null)
        {
            throw new CallException(ExitCodes.Usage, "Say which dead jobs: --kind, --queue, --tenant, --fingerprint, or --all.");
        }

        var most = call.Value(AtMost) ?? MostRedriven;
        var counted = await SendAsync(call, most, dryRun: true);
        var count = (int)counted.Number("jobs");
        if (call.Value(DryRun) || count == 0)
        {
            return call.Tell(counted, () => call.Screen.Line(count == 0 ? "No dead job matches." : $"{Jobs(count)} would be redriven."));
        }

        call.Confirm($"Redrive {Jobs(count)}?");
        var (redriven, keyTaken) = await call.Screen.WatchedAsync("redriving", count, advance => InBatchesAsync(call, count, advance));
        var more = count == most && counted.Flag("more");
        var sentence = $"{Jobs(redriven)} redriven."
            + (keyTaken > 0 ? $" {Jobs(keyTaken)} stay dead: another job with their unique key waits or runs." : "")
            + (more ? " There may be more: repeat it." : "");
        return call.Done(sentence, new { Jobs = redriven, KeyTaken = keyTaken, More = more, DryRun = false });
    }

    /// <summary>No more than were counted: a job that dies again meanwhile is not redriven twice.</summary>
    private static async Task<(int Redriven, int KeyTaken)> InBatchesAsync(Call call, int count, Action<int> advance)
    {
        var (redriven, keyTaken) = (0, 0);
        try
        {
            while (redriven < count)
            {
                var answer = await SendAsync(call, Math.Min(BatchSize, count - redriven), dryRun: false);
                var jobs = (int)answer.Number("jobs");
                redriven += jobs;
                // Those whose key is taken are the oldest again in the next batch.
                keyTaken = Math.Max(keyTaken, (int)answer.Number("keyTaken"));
                advance(jobs);
                if (jobs == 0 || !answer.Flag("more"))
                {
                    break;
                }
            }

            return (redriven, keyTaken);
        }
        catch (OperationCanceledException) when (call.Token.IsCancellationRequested)
        {
            throw new CallException(ExitCodes.Interrupted, $"Interrupted: {Jobs(redriven)} of {count:N0} redriven; of the {BatchSize} that were under way all may be, or none.");
        }
    }

    private static Task<JsonElement> SendAsync(Call call, int limit, bool dryRun) => call.Api.PostAsync("jobs/redrive", new
    {
        Kind = call.Value(JobFilter.Kind),
        Queue = call.Value(JobFilter.Queue),
        Tenant = call.Value(JobFilter.Tenant),
        Fingerprint = call.Value(Fingerprint),
        All = call.Value(All) ? true : (bool?)null,
        Limit = limit,
        DryRun = dryRun,
    }, call.Token);

    private static string Jobs(int count) => count == 1 ? "1 job" : $"{count:N0} jobs";
}
