using System.CommandLine;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Operate;

/// <summary>
/// <c>busjobs drain QUEUE</c>: pauses a queue, and waits until nothing of it runs any more. <c>busjobs drain --worker NAME</c>: lets a worker begin no more jobs, and
/// waits until it holds none.
/// </summary>
internal static class DrainCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly Argument<string?> Queue = Word.NameIfAny("queue", "The queue.");
    private static readonly Option<string?> Worker = Word.Text("--worker", "A worker in place of a queue, by its name or id: see workers. It takes work again when it is started anew.", "NAME");
    private static readonly Option<string?> Within = Word.Duration("--within", "Give up after this time; what is drained stays so. Default: wait on.");

    public static Command Build(Seat seat) => seat.Calls(
        new Command("drain", "Pause a queue, or let a worker take no more work, and wait until nothing of it runs any more.") { Queue, Worker, Within },
        call => (call.Value(Queue), call.Value(Worker)) switch
        {
            ({ } queue, null) => DrainQueueAsync(call, queue),
            (null, { } worker) => DrainWorkerAsync(call, worker),
            _ => throw new CallException(ExitCodes.Usage, "Say what to drain: a queue, or --worker NAME."),
        });

    private static async Task<int> DrainQueueAsync(Call call, string queue)
    {
        await call.ConfirmAsync($"Pause the queue {queue} until it is resumed?");
        await call.Api.PostAsync($"queues/{queue}/pause", new { Reason = "drained by busjobs drain" }, call.Token);
        await EmptyAsync(
            call, async () => (await call.Api.GetAsync("queues", call.Token)).Items().Where(one => one.Cell("name") == queue).Sum(one => one.Number("inFlight")),
            running => $"{running:N0} jobs of the queue {queue} still run; it stays paused.");
        return call.Done($"Nothing of the queue {queue} runs any more. To let it go on: busjobs resume queue {queue}", new { Queue = queue, Drained = true });
    }

    private static async Task<int> DrainWorkerAsync(Call call, string wanted)
    {
        var (id, name) = Found((await call.Api.GetAsync("workers", call.Token)).Items(), wanted);
        await call.ConfirmAsync($"Let the worker {name} take no more work until it is started anew?");
        await call.Api.PostAsync($"workers/{id}/drain", body: null, call.Token);
        await EmptyAsync(call, async () => HeldBy((await call.Api.GetAsync("workers", call.Token)).Items(), id), held => $"The worker {name} still holds {held:N0} dispatches; it takes no new ones.");
        return call.Done($"The worker {name} holds nothing any more: its process may be ended.", new { Worker = id, Drained = true });
    }

    /// <exception cref="CallException">None, or more than one, has this name or id.</exception>
    private static (string Id, string Name) Found(IEnumerable<JsonElement> workers, string wanted)
    {
        var found = workers.Where(one => one.Text("id") == wanted || one.Text("name") == wanted).Select(one => (Id: one.Cell("id"), Name: one.Cell("name"))).ToList();
        return found switch
        {
            [var one] => one,
            [] => throw new CallException(ExitCodes.Failed, $"No worker of this name or id beats: {Plain.Line(wanted, 100)}. See busjobs workers."),
            _ => throw new CallException(ExitCodes.Failed, $"{found.Count} workers have this name: say which by its id, {string.Join(" or ", found.Select(one => one.Id))}."),
        };
    }

    /// <summary>What it holds; as long as no beat has said that it drains, at least one, since it may be given more.</summary>
    private static long HeldBy(IEnumerable<JsonElement> workers, string id) =>
        workers.Where(one => one.Cell("id") == id).Select(one => one.Flag("draining") ? one.Number("dispatches") : Math.Max(1, one.Number("dispatches"))).Sum();

    private static async Task EmptyAsync(Call call, Func<Task<long>> count, Func<long, string> gaveUp)
    {
        var within = DurationText.TryParse(call.Value(Within), out var given) ? given : TimeSpan.MaxValue;
        using var timer = new PeriodicTimer(Pause, call.Clock);
        var start = call.Clock.GetTimestamp();
        while (await count() is > 0 and var running)
        {
            if (call.Clock.GetElapsedTime(start) >= within)
            {
                throw new CallException(ExitCodes.Failed, gaveUp(running));
            }

            await timer.WaitForNextTickAsync(call.Token);
        }
    }
}
