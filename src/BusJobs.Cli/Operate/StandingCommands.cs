using System.CommandLine;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Operate;

/// <summary><c>busjobs queues|kinds|workers|pauses</c>: what there is now.</summary>
internal static class StandingCommands
{
    public static readonly string[] QueueHeads = ["QUEUE", "READY", "OLDEST", "IN FLIGHT", "WORKERS", "SLOTS", "PAUSED"];

    public static IEnumerable<Command> Build(Seat seat) =>
    [
        seat.Calls(new Command("queues", "Queues: what waits, for how long, and who reads them."), call => ListAsync(
            call, "queues", QueueHeads, Queue, "No queue has jobs, workers or a pause.")),
        seat.Calls(new Command("kinds", "Kinds, and how they fare: those with dead jobs need you."), call => ListAsync(
            call, "kinds", ["KIND", "SUCCEEDED", "DEAD", "RETRIED", "CANCELLED", "WORKERS", "PAUSED"], Kind, "No kind has jobs, workers or a pause.")),
        seat.Calls(new Command("workers", "Workers that beat, and what they hold."), call => ListAsync(
            call, "workers", ["WORKER", "QUEUES", "DISPATCHES", "STATE", "LAST BEAT", "KINDS"], Worker, "No worker beats.")),
        seat.Calls(new Command("pauses", "What is paused, by whom, and why."), call => ListAsync(
            call, "pauses", ["WHAT", "NAME", "SINCE", "BY", "REASON"], pause => Pause(pause, call.Clock.GetUtcNow()), "Nothing is paused.")),
    ];

    /// <summary>A list that the API gives as an array.</summary>
    public static async Task<int> ListAsync(Call call, string path, string[] heads, Func<JsonElement, string[]> row, string none)
    {
        var answer = await call.Api.GetAsync(path, call.Token);
        return call.Tell(answer, () => call.Screen.Table(heads, answer.Items().Select(row), none));
    }

    public static string[] Queue(JsonElement queue) =>
    [
        queue.Cell("name"), queue.Cell("ready") + (queue.Flag("readyIsMore") ? "+" : ""), Seconds(queue.Measure("oldestSeconds")), queue.Cell("inFlight"), queue.Cell("workers"),
        queue.Cell("slots"), queue.Flag("paused") ? "paused" : "-",
    ];

    private static string[] Kind(JsonElement kind) =>
    [
        kind.Cell("name"), kind.Cell("succeeded"), kind.Cell("dead"), kind.Cell("retried"), kind.Cell("cancelled"), kind.Cell("workers"), kind.Flag("paused") ? "paused" : "-",
    ];

    private static string[] Worker(JsonElement worker) =>
    [
        worker.Cell("name"), string.Join(' ', worker.Items("queues").Select(queue => $"{queue.Cell("name")}:{queue.Cell("slots")}")), worker.Cell("dispatches"),
        worker.Flag("draining") ? "draining" : "works", $"{Seconds(worker.Measure("silentSeconds"))} ago", string.Join(' ', worker.Items("kinds").Select(kind => kind.GetString())),
    ];

    private static string[] Pause(JsonElement pause, DateTimeOffset now) =>
        [pause.Cell("scope"), pause.Cell("name"), Plain.Relative(pause.Time("at"), now), pause.Cell("by"), pause.Cell("reason")];

    private static string Seconds(double? seconds) => seconds is { } length ? Plain.Span(TimeSpan.FromSeconds(Math.Max(1, length))) : "-";
}
