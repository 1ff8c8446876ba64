using System.CommandLine;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Jobs;

/// <summary><c>busjobs jobs list|show|why|cancel|edit|retry|discard</c>.</summary>
internal static class JobCommands
{
    private const int PageSize = 200;
    private const int MostListed = 100_000;

    public static readonly Option<int?> Limit = Word.Number("--limit", "At most so many. Default: 50.", 1, MostListed);

    public static Command Build(Seat seat)
    {
        var list = new Command("list", "List jobs: the newest first, ready ones in the order in which they will run.") { JobFilter.State, Limit };
        foreach (var option in JobFilter.All)
        {
            list.Add(option);
        }

        return new Command("jobs", "See jobs, and act on them.")
        {
            seat.Calls(list, ListAsync),
            seat.Calls(new Command("show", "A job with its payload and its attempts.") { Word.Id }, ShowAsync),
            seat.Calls(new Command("why", "Why a job is not running, or what became of it.") { Word.Id }, WhyAsync),
            CancelCommand.Build(seat),
            seat.Calls(new Command("edit", "Give a dead job another payload. It stays dead until it is retried.") { Word.Id, Word.Payload }, EditAsync),
            seat.Calls(new Command("retry", "Give dead or discarded jobs a new series of attempts.") { Word.Ids }, call => ChangeAsync(call, Word.Ids, "retry")),
            seat.Calls(new Command("discard", "Give dead jobs up: they end cancelled, and can be retried until the cleanup removes them.") { Word.Ids }, call => ChangeAsync(call, Word.Ids, "discard")),
        };
    }

    /// <summary>Asks for pages until there are as many as are wanted, or no more: a page may be short, and not be the last.</summary>
    public static async Task<(IReadOnlyList<JsonElement> Jobs, bool More)> PagesAsync(Call call, params (string Name, string? Value)[] filter)
    {
        var (wanted, jobs, cursor) = (call.Value(Limit) ?? 50, new List<JsonElement>(), (string?)null);
        do
        {
            var size = Math.Min(PageSize, wanted - jobs.Count).ToString(System.Globalization.CultureInfo.InvariantCulture);
            var page = await call.Api.GetAsync($"jobs?{JobFilter.Query(call, [.. filter, ("limit", size), ("cursor", cursor)])}", call.Token);
            jobs.AddRange(page.Items("jobs"));
            cursor = page.Text("next");
        }
        while (cursor is not null && jobs.Count < wanted);
        return (jobs, cursor is not null);
    }

    public static int List(Call call, IReadOnlyList<JsonElement> jobs, bool more, string[] heads, Func<JsonElement, string[]> row, string none)
    {
        var code = call.Tell(JsonSerializer.SerializeToElement(jobs), () => call.Screen.Table(heads, jobs.Select(row), none));
        if (more)
        {
            call.Screen.Note($"There are more than these {jobs.Count:N0}: see --limit.");
        }

        return code;
    }

    private static async Task<int> ListAsync(Call call)
    {
        var now = call.Clock.GetUtcNow();
        var (jobs, more) = await PagesAsync(call);
        return List(call, jobs, more, ["ID", "STATE", "KIND", "QUEUE", "TENANT", "ATTEMPTS", "ENQUEUED", "REASON"], job =>
        [
            job.Cell("id"), job.Cell("state"), job.Cell("kind"), job.Cell("queue"), job.Cell("tenant"), job.Cell("attempts"),
            Plain.Relative(job.Time("enqueuedAt"), now), job.Cell("reason", 80),
        ], "No jobs.");
    }

    private static async Task<int> ShowAsync(Call call)
    {
        var job = await call.Api.GetAsync($"jobs/{call.Value(Word.Id)}", call.Token);
        return call.Tell(job, () => JobSheet.Show(call.Screen, job, call.Clock.GetUtcNow()));
    }

    private static async Task<int> WhyAsync(Call call)
    {
        var why = await call.Api.GetAsync($"jobs/{call.Value(Word.Id)}/why", call.Token);
        return call.Tell(why, () =>
        {
            call.Screen.Line($"The job is {why.Cell("state")}.");
            foreach (var cause in why.Items("causes"))
            {
                call.Screen.Line($"- {Plain.Line(cause.Text("sentence"))}");
            }
        });
    }

    private static async Task<int> EditAsync(Call call)
    {
        var (id, payload) = (call.Value(Word.Id), await call.PayloadAsync());
        var answer = await call.Api.SendAsync(HttpMethod.Put, $"jobs/{id}/payload", payload, call.Token);
        return call.Tell(answer, () => call.Screen.Line($"The payload is saved. To run it again: busjobs jobs retry {id}"));
    }

    /// <summary>Goes on after a job that cannot be changed, and tells at the end that there was one.</summary>
    public static async Task<int> ChangeAsync(Call call, Argument<string[]> ids, string verb)
    {
        var (changed, code) = (new List<JsonElement>(), ExitCodes.Ok);
        foreach (var id in call.Value(ids).Distinct())
        {
            try
            {
                var answer = await call.Api.PostAsync($"jobs/{id}/{verb}", body: null, call.Token);
                changed.Add(answer);
                if (!call.Screen.IsJson)
                {
                    call.Screen.Line($"{id} is {answer.Cell("state")}.");
                }
            }
            catch (CallException exception) when (exception.ExitCode == ExitCodes.Failed)
            {
                call.Screen.Note($"busjobs: {exception.Message}");
                code = ExitCodes.Failed;
            }
        }

        if (call.Screen.IsJson)
        {
            call.Screen.Data(JsonSerializer.SerializeToElement(changed));
        }

        return code;
    }
}
