using System.CommandLine;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Jobs;

/// <summary><c>busjobs dead list|groups|redrive|discard</c>: jobs that failed for good.</summary>
internal static class DeadCommands
{
    private const int MostChanged = 10_000;

    private static readonly Deed Redrive = new("redrive", "redriving", "redriven");
    private static readonly Deed Discard = new("discard", "discarding", "discarded");

    private static readonly Option<bool> All = new("--all") { Description = "All dead jobs; needed when nothing else says which." };
    private static readonly Option<string?> Fingerprint = Word.Text("--fingerprint", "Only the group of this fingerprint: see dead groups.", "FINGERPRINT");
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Count them only." };
    private static readonly Option<int?> AtMost = Word.Number("--limit", "At most so many, the oldest first. Default: 10,000.", 1, MostChanged);
    private static readonly Option<bool> Discarded = new("--discarded") { Description = "Jobs that were discarded, in place of dead ones." };

    public static Command Build(Seat seat)
    {
        var list = new Command("list", "List dead jobs, the latest first.") { JobCommands.Limit, Discarded };
        foreach (var option in JobFilter.All)
        {
            list.Add(option);
        }

        return new Command("dead", "Jobs that failed for good: giving them another chance, or up.")
        {
            seat.Calls(list, ListAsync),
            seat.Calls(new Command("groups", "What dead jobs died of: the latest first.") { JobFilter.Kind }, GroupsAsync),
            seat.Calls(new Command("redrive", "Give dead jobs a new series of attempts. Counts them first, and asks.") { JobFilter.Kind, JobFilter.Queue, JobFilter.Tenant, Fingerprint, All, AtMost, DryRun, Discarded }, call => ChangeAsync(call, Redrive)),
            seat.Calls(new Command("discard", "Give dead jobs up: they end cancelled, and can be redriven (--discarded) until the cleanup removes them. Counts them first, and asks.") { JobFilter.Kind, JobFilter.Queue, JobFilter.Tenant, Fingerprint, All, AtMost, DryRun }, call => ChangeAsync(call, Discard)),
        };
    }

    private static async Task<int> ListAsync(Call call)
    {
        var now = call.Clock.GetUtcNow();
        var discarded = call.Value(Discarded);
        var (jobs, more) = await JobCommands.PagesAsync(call, discarded ? ("discarded", "true") : ("state", "dead"));
        return JobCommands.List(call, jobs, more, ["ID", "KIND", "QUEUE", "TENANT", "ATTEMPTS", .. discarded ? (string[])["DISCARDED", "BY"] : ["DIED"], "REASON"], job =>
        [
            job.Cell("id"), job.Cell("kind"), job.Cell("queue"), job.Cell("tenant"), job.Cell("attempts"), Plain.Relative(job.Time("finishedAt"), now),
            .. discarded ? [job.Cell("discardedBy")] : Array.Empty<string>(), job.Cell("reason", 120),
        ], discarded ? "No discarded jobs." : "No dead jobs.");
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

    private static async Task<int> ChangeAsync(Call call, Deed deed)
    {
        if (!call.Value(All) && (call.Value(JobFilter.Kind) ?? call.Value(JobFilter.Queue) ?? call.Value(JobFilter.Tenant) ?? call.Value(Fingerprint)) is null)
        {
            throw new CallException(ExitCodes.Usage, "Say which dead jobs: --kind, --queue, --tenant, --fingerprint, or --all.");
        }

        var most = call.Value(AtMost) ?? MostChanged;
        var counted = await SendAsync(call, deed, most, dryRun: true);
        var count = (int)counted.Number("jobs");
        if (call.Value(DryRun) || count == 0)
        {
            return call.Tell(counted, () => call.Screen.Line(
                count == 0 ? $"No {(TakesDiscarded(call, deed) ? "discarded" : "dead")} job matches." : $"{Plain.Jobs(count)} would be {deed.Done}."));
        }

        await call.ConfirmAsync($"{deed.Title} {Plain.Jobs(count)}?");
        var keyTaken = 0;
        // No more than were counted: a job that dies again meanwhile is not taken twice.
        var changed = await call.InBatchesAsync(count, deed.Doing, deed.Done, async size =>
        {
            var answer = await SendAsync(call, deed, size, dryRun: false);
            var jobs = (int)answer.Number("jobs");
            // Those whose key is taken are the oldest again in the next batch.
            keyTaken = Math.Max(keyTaken, (int)answer.Number("keyTaken"));
            return (jobs, jobs > 0 && answer.Flag("more"));
        });
        var more = count == most && counted.Flag("more");
        var sentence = $"{Plain.Jobs(changed)} {deed.Done}."
            + (keyTaken > 0 ? $" {Plain.Jobs(keyTaken)} stay {(TakesDiscarded(call, deed) ? "discarded" : "dead")}: another job with their unique key waits or runs." : "")
            + (more ? " There may be more: repeat it." : "");
        return call.Done(sentence, new { Jobs = changed, KeyTaken = deed == Redrive ? keyTaken : (int?)null, More = more, DryRun = false });
    }

    private static Task<JsonElement> SendAsync(Call call, Deed deed, int limit, bool dryRun) => call.Api.PostAsync($"jobs/{deed.Word}", new
    {
        Kind = call.Value(JobFilter.Kind),
        Queue = call.Value(JobFilter.Queue),
        Tenant = call.Value(JobFilter.Tenant),
        Fingerprint = call.Value(Fingerprint),
        All = call.Value(All) ? true : (bool?)null,
        Limit = limit,
        DryRun = dryRun,
        Discarded = TakesDiscarded(call, deed) ? true : (bool?)null,
    }, call.Token);

    private static bool TakesDiscarded(Call call, Deed deed) => deed == Redrive && call.Value(Discarded);

    /// <summary>What is done to dead jobs, in the words of commands, addresses and answers.</summary>
    private sealed record Deed(string Word, string Doing, string Done)
    {
        public string Title => char.ToUpperInvariant(Word[0]) + Word[1..];
    }
}
