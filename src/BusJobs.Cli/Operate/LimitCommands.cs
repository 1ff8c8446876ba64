using System.CommandLine;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;
using BusJobs.Ledger;

namespace BusJobs.Cli.Operate;

/// <summary><c>busjobs limits list|set|lift</c>: what may start, and what is let in.</summary>
internal static class LimitCommands
{
    private static readonly Argument<string> Rule = Word.OneOf(
        "rule", "kind, tenant: how many run at once or start in a while. per-minute: how many jobs of a kind are let in. depth: how many may wait in a queue.",
        "kind", "tenant", "per-minute", "depth");

    private static readonly Argument<string> Name = Word.NameOrEach("name", "The kind, tenant or queue; for kind and tenant, * is each that has no limit of its own.");
    private static readonly Option<int?> MaxRunning = Word.Number("--max-running", "kind, tenant: most jobs that run at once.", 1, DispatchLimit.MostRunning);
    private static readonly Option<int?> Starts = Word.Number("--starts", "kind, tenant: most jobs that start in the time of --per.", 1, Rate.MaxStarts);
    private static readonly Option<string?> Per = Word.Duration("--per", "The time of --starts, 1s to 1d. Default: 1m.");
    private static readonly Option<int?> Weight = Word.Number("--weight", "tenant: its share beside others. Default: 1.", 1, DispatchLimit.MaxWeight);
    private static readonly Option<int?> Jobs = Word.Number("--jobs", "per-minute, depth: most jobs.", 1, DoorLimit.MaxJobs);
    private static readonly Option<string?> Tenant = Word.Text("--tenant", "per-minute: only of this tenant. Default: each that has none of its own.", "TENANT");

    public static Command Build(Seat seat) => new("limits", "Limits: at dispatch and at the door.")
    {
        seat.Calls(new Command("list", "All limits."), ListAsync),
        seat.Calls(new Command("set", "Set a limit. Everybody goes by it within a second.") { Rule, Name, MaxRunning, Starts, Per, Weight, Jobs, Tenant }, SetAsync),
        seat.Calls(new Command("lift", "Take a limit away.") { Rule, Name, Tenant }, LiftAsync),
    };

    private static async Task<int> ListAsync(Call call)
    {
        var limits = await call.Api.GetAsync("limits", call.Token);
        return call.Tell(limits, () => call.Screen.Table(
            ["RULE", "NAME", "TENANT", "LIMIT"], limits.Items("dispatch").Select(AtDispatch).Concat(limits.Items("door").Select(AtDoor)), "There are no limits."));
    }

    private static string[] AtDispatch(JsonElement limit) => [limit.Cell("scope"), limit.Cell("name"), "-", string.Join(", ", Said(limit))];

    private static IEnumerable<string> Said(JsonElement limit)
    {
        if (limit.Text("maxRunning") is { } running)
        {
            yield return $"{running} run at once";
        }

        if (limit.Text("maxStarts") is { } starts)
        {
            yield return $"{starts} start in {DurationText.Of(TimeSpan.FromSeconds(limit.Measure("perSeconds") ?? 0))}";
        }

        if (limit.Text("weight") is { } weight)
        {
            yield return $"weight {weight}";
        }
    }

    private static string[] AtDoor(JsonElement limit) => limit.Text("rule") == "depth"
        ? ["depth", limit.Cell("name"), "-", $"{limit.Cell("jobs")} wait"]
        : ["per-minute", limit.Cell("name"), limit.Cell("tenant"), $"{limit.Cell("jobs")} enter in a minute"];

    private static async Task<int> SetAsync(Call call)
    {
        var (rule, name) = (call.Value(Rule), call.Value(Name));
        object body = IsAtDoor(rule)
            ? new { Jobs = call.Value(Jobs) ?? throw new JobRefusedException("--jobs", value: null, $"a number of jobs for {rule}"), Tenant = call.Value(Tenant) }
            : new
            {
                MaxRunning = call.Value(MaxRunning), Rate = call.Value(Starts) is { } starts ? new { Starts = starts, Per = call.Value(Per) ?? "1m" } : null, Weight = call.Value(Weight),
            };
        await call.Api.SendAsync(HttpMethod.Put, PathOf(rule, name), body, call.Token);
        return call.Done($"The limit of {rule} {name} is set.", new { Rule = rule, Name = name, Set = true });
    }

    private static async Task<int> LiftAsync(Call call)
    {
        var (rule, name) = (call.Value(Rule), call.Value(Name));
        var tenant = rule == "per-minute" && call.Value(Tenant) is { } of ? $"?tenant={Uri.EscapeDataString(of)}" : "";
        await call.Api.SendAsync(HttpMethod.Delete, PathOf(rule, name) + tenant, body: null, call.Token);
        return call.Done($"There is no limit of {rule} {name} now.", new { Rule = rule, Name = name, Set = false });
    }

    private static bool IsAtDoor(string rule) => rule is "per-minute" or "depth";

    private static string PathOf(string rule, string name) => $"limits/{(IsAtDoor(rule) ? rule : rule + "s")}/{Uri.EscapeDataString(name)}";
}
