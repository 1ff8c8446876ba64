using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Time;

/// <summary><c>busjobs schedules list|show|pause|resume|run|preview|backfill</c>.</summary>
internal static class ScheduleCommands
{
    private static readonly Argument<string> Id = Word.Name("id", "The id of the schedule.");
    private static readonly Argument<string?> IdOrAll = new("id") { Description = "The id of the schedule. Default: all, for the next --hours.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<int?> Count = Word.Number("--count", "How many fires of one schedule. Default: 10.", 1, 1_000);
    private static readonly Option<int?> Hours = Word.Number("--hours", "How far to look for all schedules. Default: 24.", 1, 744);
    private static readonly Option<string> From = new("--from") { Description = "From this time, with its offset.", HelpName = "TIME", Required = true };
    private static readonly Option<string> To = new("--to") { Description = "To this time, exclusive, not in the future.", HelpName = "TIME", Required = true };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Count the fires only." };

    public static Command Build(Seat seat) => new("schedules", "Jobs that are enqueued by the clock.")
    {
        seat.Calls(new Command("list", "Schedules, when they fire next, and how they stand."), ListAsync),
        seat.Calls(new Command("show", "A schedule, and what became of its latest fires.") { Id }, ShowAsync),
        seat.Calls(new Command("why", "Why a schedule is not firing, and when it will.") { Id }, WhyAsync),
        seat.Calls(new Command("pause", "Let a schedule fire no more for now.") { Id }, call => SetAsync(call, "pause", "is paused")),
        seat.Calls(new Command("resume", "Let a schedule go on.") { Id }, call => SetAsync(call, "resume", "goes on")),
        seat.Calls(new Command("run", "Enqueue a job of a schedule now, beside its fires.") { Id }, RunAsync),
        seat.Calls(new Command("preview", "What is to come: of one schedule, or of all.") { IdOrAll, Count, Hours }, PreviewAsync),
        seat.Calls(new Command("backfill", "Enqueue a job for each fire of a past range that has none. Counts them first, and asks.") { Id, From, To, DryRun }, BackfillAsync),
    };

    private static async Task<int> ListAsync(Call call)
    {
        var (schedules, cursor, now) = (new List<JsonElement>(), "", call.Clock.GetUtcNow());
        do
        {
            var page = await call.Api.GetAsync($"schedules?limit=200{cursor}", call.Token);
            schedules.AddRange(page.Items("schedules"));
            cursor = page.Text("next") is { } next ? $"&cursor={Uri.EscapeDataString(next)}" : "";
        }
        while (cursor.Length > 0);
        return call.Tell(JsonSerializer.SerializeToElement(schedules), () => call.Screen.Table(["ID", "KIND", "RULE", "ZONE", "NEXT", "STATE", "MISSED"], schedules.Select(one => new[]
        {
            one.Cell("id"), Definition(one).Cell("kind"), Definition(one).Cell("rule"), Definition(one).Text("zone") is { } zone ? Plain.Line(zone) : "UTC",
            Plain.Relative(one.Time("nextAt"), now), State(one), one.Cell("missed"),
        }), "There are no schedules."));
    }

    private static async Task<int> ShowAsync(Call call)
    {
        var schedule = await call.Api.GetAsync($"schedules/{call.Value(Id)}", call.Token);
        var fires = await call.Api.GetAsync($"schedules/{call.Value(Id)}/fires?limit=10", call.Token);
        var (now, definition) = (call.Clock.GetUtcNow(), Definition(schedule));
        return call.Tell(JsonSerializer.SerializeToElement(new { schedule, fires = fires.Items("fires") }), () =>
        {
            call.Screen.Facts(
                [
                    ("id", schedule.Text("id")), ("state", State(schedule)), ("next", Plain.Time(schedule.Time("nextAt"), now)), ("last", Plain.Time(schedule.Time("lastAt"), now)),
                    ("missed", schedule.Cell("missed")), ("declared by", Plain.Line(schedule.Text("source"))),
                    .. definition.ValueKind == JsonValueKind.Object ? definition.EnumerateObject().Select(member => (member.Name, (string?)definition.Cell(member.Name, 500))).Where(fact => fact.Item2 is not ("-" or "[]")) : [],
                ]);
            call.Screen.Line("\nlatest fires");
            call.Screen.Table(["AT", "OUTCOME", "JOB"], fires.Items("fires").Select(fire => new[] { Plain.Time(fire.Time("nominalAt"), now), fire.Cell("outcome"), fire.Cell("jobId") }), "It has not fired yet.");
        });
    }

    private static async Task<int> WhyAsync(Call call)
    {
        var why = await call.Api.GetAsync($"schedules/{call.Value(Id)}/why", call.Token);
        return call.Tell(why, () =>
        {
            foreach (var cause in why.Items("causes"))
            {
                call.Screen.Line($"- {Plain.Line(cause.Text("sentence"))}");
            }
        });
    }

    private static async Task<int> SetAsync(Call call, string verb, string now)
    {
        await call.Api.PostAsync($"schedules/{call.Value(Id)}/{verb}", body: null, call.Token);
        return call.Done($"The schedule {call.Value(Id)} {now}.", new { Id = call.Value(Id), Paused = verb == "pause" });
    }

    private static async Task<int> RunAsync(Call call)
    {
        var fire = await call.Api.PostAsync($"schedules/{call.Value(Id)}/run", body: null, call.Token);
        return call.Tell(fire, () => call.Screen.Line($"enqueued {fire.Cell("jobId")}"));
    }

    private static async Task<int> PreviewAsync(Call call)
    {
        // A schedule goes on for ever, so that there are more of its own needs not be said.
        var isOfOne = call.Value(IdOrAll) is not null;
        var path = call.Value(IdOrAll) is { } id
            ? $"schedules/{Names.Check("id", id)}/preview?count={call.Value(Count) ?? 10}"
            : $"schedules/preview?hours={call.Value(Hours) ?? 24}";
        var (upcoming, now) = (await call.Api.GetAsync(path, call.Token), call.Clock.GetUtcNow());
        return call.Tell(upcoming, () =>
        {
            call.Screen.Table(["SCHEDULE", "AT", "ON ITS CLOCK"], upcoming.Items("fires").Select(fire => new[] { fire.Cell("scheduleId"), Plain.Time(fire.Time("runAt"), now), fire.Cell("wallTime") }), "Nothing is to come.");
            if (upcoming.Flag("more") && !isOfOne)
            {
                call.Screen.Note("There are more than these.");
            }
        });
    }

    /// <summary>The API takes 10,000 fires at once, and says where to go on.</summary>
    private static async Task<int> BackfillAsync(Call call)
    {
        var count = await SendAllAsync(call, dryRun: true, _ => { });
        if (call.Value(DryRun) || count.Fires == 0)
        {
            return call.Done($"{count.Fires:N0} fires are in that range.", new { count.Fires, Enqueued = 0, DryRun = true });
        }

        await call.ConfirmAsync($"Enqueue a job for each of {count.Fires:N0} fires that has none?");
        var dealtWith = 0;
        var done = await call.ToldAsync(_ => $"{dealtWith:N0} of {count.Fires:N0} fires were dealt with. To repeat it enqueues nothing twice.", () => call.Screen.WatchedAsync(
            "backfilling", count.Fires, advance => SendAllAsync(call, dryRun: false, fires =>
            {
                dealtWith += fires;
                advance(fires);
            })));
        return call.Done($"{done.Enqueued:N0} jobs enqueued for {done.Fires:N0} fires. The others had fired before, or were turned away at the door.", new { done.Fires, done.Enqueued, DryRun = false });
    }

    private static async Task<(int Fires, int Enqueued)> SendAllAsync(Call call, bool dryRun, Action<int> advance)
    {
        var (fires, enqueued, from) = (0, 0, call.Value(From));
        while (from is not null)
        {
            var answer = await call.Api.PostAsync($"schedules/{call.Value(Id)}/backfill", new { From = from, To = call.Value(To), DryRun = dryRun }, call.Token);
            var part = (int)answer.Number("fires");
            (fires, enqueued) = (fires + part, enqueued + (int)answer.Number("enqueued"));
            advance(part);
            from = part > 0 ? answer.Time("goOnAt")?.ToString("O", CultureInfo.InvariantCulture) : null;
        }

        return (fires, enqueued);
    }

    private static JsonElement Definition(JsonElement schedule) => schedule.Member("definition") ?? default;

    private static string State(JsonElement schedule) => schedule.Flag("paused") ? "paused" : schedule.Time("nextAt") is null ? "over" : "on";
}
