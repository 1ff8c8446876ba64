using System.CommandLine;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Jobs;

/// <summary><c>busjobs jobs cancel</c>: jobs by their ids, or all that match.</summary>
internal static class CancelCommand
{
    private const int MostCancelled = 1_000_000;
    private const int DefaultCancelled = 10_000;

    /// <summary>What one request counts at most.</summary>
    private const int MostCounted = 10_000;

    private static readonly Option<string[]> States = new("--state") { Description = "Only in this state: scheduled, ready or dispatched. May be given more than once. Default: all three.", HelpName = "STATE" };
    private static readonly Option<bool> All = new("--all") { Description = "All jobs that wait or run; needed when nothing but --state says which." };
    private static readonly Option<int?> AtMost = Word.Number("--limit", $"At most so many. Default: {DefaultCancelled:N0}.", 1, MostCancelled);
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Count them only." };

    static CancelCommand() => States.CompletionSources.Add("scheduled", "ready", "dispatched");

    public static Command Build(Seat seat)
    {
        var cancel = new Command("cancel", "Cancel jobs, by id or all that match: those that wait never start, those that run are asked to stop. All that match are counted first, and it asks.")
        {
            Word.IdsIfAny, States, All, AtMost, DryRun,
        };
        foreach (var option in JobFilter.All)
        {
            cancel.Add(option);
        }

        return seat.Calls(cancel, CancelAsync);
    }

    private static Task<int> CancelAsync(Call call)
    {
        var isChosen = call.Value(All) || JobFilter.All.Any(option => call.Value(option) is not null);
        return (call.Value(Word.IdsIfAny).Length > 0, isChosen || call.Value(States) is { Length: > 0 } || call.Value(DryRun) || call.Value(AtMost) is not null) switch
        {
            (true, true) => throw new CallException(ExitCodes.Usage, "Say which jobs by their ids, or by options: not both."),
            (true, false) => JobCommands.ChangeAsync(call, Word.IdsIfAny, "cancel"),
            _ => isChosen ? CancelMatchingAsync(call) : throw new CallException(
                ExitCodes.Usage, $"Say which jobs: their ids, {string.Join(", ", JobFilter.All.Select(option => option.Name))}, or --all."),
        };
    }

    private static async Task<int> CancelMatchingAsync(Call call)
    {
        var counted = await CountAsync(call, call.Value(AtMost) ?? DefaultCancelled);
        if (call.Value(DryRun) || counted.Jobs == 0)
        {
            return Tell(call, counted, counted.Jobs == 0 ? "No job that waits or runs matches." : $"{Sentence(counted, "would be cancelled", "would be asked to stop")}{(counted.More ? " There are more." : "")}", dryRun: call.Value(DryRun));
        }

        await call.ConfirmAsync($"Cancel {Plain.Jobs(counted.Jobs)}{(counted.Requested > 0 ? $", {counted.Requested:N0} of them running" : "")}?");
        var (done, cursor) = (new Count(0, 0, counted.More), (string?)null);
        await call.InBatchesAsync(counted.Jobs, "cancelling", "cancelled", async size =>
        {
            var answer = await SendAsync(call, size, cursor, dryRun: false);
            cursor = answer.Text("next");
            done = done.And(answer);
            return (JobsOf(answer), cursor is not null);
        });
        return Tell(call, done, $"{Sentence(done, "cancelled", "asked to stop")}{(done.More ? " There may be more: repeat it." : "")}", dryRun: false);
    }

    /// <summary>A request looks at so many jobs only, so it takes as many of them as it takes.</summary>
    private static async Task<Count> CountAsync(Call call, int most)
    {
        var (count, cursor) = (new Count(0, 0, More: false), (string?)null);
        do
        {
            var answer = await SendAsync(call, Math.Min(MostCounted, most - count.Jobs), cursor, dryRun: true);
            cursor = answer.Text("next");
            count = count.And(answer);
        }
        while (cursor is not null && count.Jobs < most);
        return count with { More = cursor is not null };
    }

    private static Task<JsonElement> SendAsync(Call call, int limit, string? cursor, bool dryRun)
    {
        var body = JobFilter.All.ToDictionary(option => option.Name[2..], option => (object?)call.Value(option));
        body["states"] = call.Value(States) is { Length: > 0 } states ? states : null;
        body["all"] = call.Value(All) ? true : null;
        (body["limit"], body["cursor"], body["dryRun"]) = (limit, cursor, dryRun);
        return call.Api.PostAsync("jobs/cancel", body, call.Token);
    }

    private static int Tell(Call call, Count count, string sentence, bool dryRun) => call.Done(sentence, new { count.Cancelled, count.Requested, count.More, DryRun = dryRun });

    private static string Sentence(Count count, string cancelled, string requested) =>
        $"{Plain.Jobs(count.Cancelled)} {cancelled}{(count.Requested > 0 ? $", {count.Requested:N0} {requested}" : "")}.";

    private static int JobsOf(JsonElement answer) => (int)(answer.Number("cancelled") + answer.Number("requested"));

    /// <param name="Cancelled">Jobs that waited.</param>
    /// <param name="Requested">Jobs that run.</param>
    private sealed record Count(int Cancelled, int Requested, bool More)
    {
        public int Jobs => Cancelled + Requested;

        public Count And(JsonElement answer) => this with { Cancelled = Cancelled + (int)answer.Number("cancelled"), Requested = Requested + (int)answer.Number("requested") };
    }
}
