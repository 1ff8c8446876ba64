using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace BusJobs.Cli.Operate;

/// <summary><c>busjobs top</c>: a live screen of queues and kinds, until Ctrl-C.</summary>
internal static class TopCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public static Command Build(Seat seat) => seat.Calls(new Command("top", "A live screen of queues and kinds, until Ctrl-C."), RunAsync);

    private static async Task<int> RunAsync(Call call)
    {
        if (!call.Screen.IsTerminal || call.Screen.IsJson)
        {
            throw new CallException(ExitCodes.Usage, "top draws on a terminal. For programs: busjobs queues --json, busjobs kinds --json.");
        }

        var (before, at) = (default(JsonElement), call.Clock.GetTimestamp());
        try
        {
            await call.Screen.LiveAsync(Interval, call.Clock, async () =>
            {
                var (queues, kinds) = (await call.Api.GetAsync("queues", call.Token), await call.Api.GetAsync("kinds", call.Token));
                var frame = Frame(call.Clock, queues, kinds, before, call.Clock.GetElapsedTime(at));
                (before, at) = (kinds, call.Clock.GetTimestamp());
                return frame;
            }, call.Token);
        }
        catch (OperationCanceledException) when (call.Token.IsCancellationRequested)
        {
            // That is how one leaves it.
        }

        return ExitCodes.Ok;
    }

    private static Rows Frame(TimeProvider clock, JsonElement queues, JsonElement kinds, JsonElement before, TimeSpan since)
    {
        var ended = before.Items().ToDictionary(kind => kind.Cell("name"), kind => kind.Number("succeeded"), StringComparer.Ordinal);
        IEnumerable<IRenderable> parts =
        [
            new Text($"busjobs top   {clock.GetUtcNow():HH:mm:ss}Z   Ctrl-C ends it"), Text.Empty,
            Screen.Rows(StandingCommands.QueueHeads, [.. queues.Items().Select(StandingCommands.Queue)]), Text.Empty,
            Screen.Rows(["KIND", "A SECOND", "SUCCEEDED", "DEAD", "RETRIED"], [.. kinds.Items().Select(kind => new[]
            {
                kind.Cell("name"), ended.TryGetValue(kind.Cell("name"), out var had) ? Rate(kind.Number("succeeded") - had, since) : "-", kind.Cell("succeeded"), kind.Cell("dead"), kind.Cell("retried"),
            })]),
        ];
        return new Rows(parts);
    }

    private static string Rate(long jobs, TimeSpan since) => (jobs / Math.Max(0.1, since.TotalSeconds)).ToString("0.#", CultureInfo.InvariantCulture);
}
