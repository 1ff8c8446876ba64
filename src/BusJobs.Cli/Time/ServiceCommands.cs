using System.CommandLine;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Time;

/// <summary><c>busjobs services list|runs|run</c>: what goes by the clock.</summary>
internal static class ServiceCommands
{
    private static readonly Argument<string> Name = Word.Name("name", "The name of the service.");

    public static Command Build(Seat seat) => new("services", "Services that go by the clock: firing, cleanup, reclaim, reports.")
    {
        seat.Calls(new Command("list", "Services, when each last ran, and what it did."), ListAsync),
        seat.Calls(new Command("runs", "The latest runs of a service that did something or failed.") { Name }, RunsAsync),
        seat.Calls(new Command("run", "Let a service do now what is due, and wait for it.") { Name }, RunAsync),
    };

    private static async Task<int> ListAsync(Call call)
    {
        var (services, now) = (await call.Api.GetAsync("services", call.Token), call.Clock.GetUtcNow());
        return call.Tell(services, () => call.Screen.Table(
            ["SERVICE", "LAST RUN", "TOOK", "DID"], services.Items().Select(service => (string[])[service.Cell("name"), .. Run(service.TryGetProperty("lastRun", out var run) ? run : default, now)]), "No service has run yet."));
    }

    private static async Task<int> RunsAsync(Call call)
    {
        var (runs, now) = (await call.Api.GetAsync($"services/{call.Value(Name)}/runs", call.Token), call.Clock.GetUtcNow());
        return call.Tell(runs, () => call.Screen.Table(["RAN", "TOOK", "DID"], runs.Items().Select(run => Run(run, now)), "It has done nothing yet."));
    }

    private static async Task<int> RunAsync(Call call)
    {
        var run = await call.Api.PostAsync($"services/{call.Value(Name)}/runs", body: null, call.Token);
        var told = call.Tell(run, () => call.Screen.Line($"{call.Value(Name)}: {Did(run)} ({Took(run)})"));
        return run.Text("error") is null ? told : ExitCodes.Failed;
    }

    private static string[] Run(JsonElement run, DateTimeOffset now) =>
        run.ValueKind == JsonValueKind.Object ? [Plain.Relative(run.Time("startedAt"), now), Took(run), Did(run)] : ["-", "-", "-"];

    private static string Took(JsonElement run) => $"{run.Measure("tookSeconds"):0.0} s";

    private static string Did(JsonElement run) => Plain.Line(run.Text("error") is { } error ? $"failed: {error}" : run.Text("did") ?? "nothing was due");
}
