using System.CommandLine;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Operate;

/// <summary><c>busjobs drain QUEUE</c>: pauses a queue, and waits until nothing of it runs any more.</summary>
internal static class DrainCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly Argument<string> Queue = Word.Name("queue", "The queue.");
    private static readonly Option<string?> Within = Word.Duration("--within", "Give up after this time; the queue stays paused. Default: wait on.");

    public static Command Build(Seat seat) => seat.Calls(new Command("drain", "Pause a queue, and wait until nothing of it runs any more.") { Queue, Within }, RunAsync);

    private static async Task<int> RunAsync(Call call)
    {
        var queue = call.Value(Queue);
        var within = DurationText.TryParse(call.Value(Within), out var given) ? given : TimeSpan.MaxValue;
        call.Confirm($"Pause the queue {queue} until it is resumed?");
        await call.Api.PostAsync($"queues/{queue}/pause", new { Reason = "drained by busjobs drain" }, call.Token);
        using var timer = new PeriodicTimer(Pause, call.Clock);
        var start = call.Clock.GetTimestamp();
        while (await InFlightAsync(call, queue) is > 0 and var running)
        {
            if (call.Clock.GetElapsedTime(start) >= within)
            {
                throw new CallException(ExitCodes.Failed, $"{running:N0} jobs of the queue {queue} still run; it stays paused.");
            }

            await timer.WaitForNextTickAsync(call.Token);
        }

        return call.Done($"Nothing of the queue {queue} runs any more. To let it go on: busjobs resume queue {queue}", new { Queue = queue, Drained = true });
    }

    private static async Task<long> InFlightAsync(Call call, string queue) =>
        (await call.Api.GetAsync("queues", call.Token)).Items().Where(one => one.Cell("name") == queue).Sum(one => one.Number("inFlight"));
}
