using System.CommandLine;
using System.Data.Common;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;
using BusJobs.Ledger.Checkup;

namespace BusJobs.Cli.Ledgers;

/// <summary><c>busjobs doctor</c>: looks at the server and at its ledger, and names the fix of what is wrong.</summary>
internal static class DoctorCommand
{
    public static Command Build(Seat seat) => seat.Calls(
        new Command("doctor", "Look at server and ledger, and name the fix of what is wrong. The exit code is 1 when something is."), call => RunAsync(seat, call));

    private static async Task<int> RunAsync(Seat seat, Call call)
    {
        List<Finding> findings = [.. await ServerAsync(call), .. await LedgerAsync(seat, call), .. await BrokerAsync(seat, call)];
        call.Tell(JsonSerializer.SerializeToElement(findings, Fields.Sent), () => call.Screen.Table(
            ["", "WHAT", "SAYS", "FIX"], findings.Select(one => new[] { one.Mark, one.What, Plain.Line(one.Says), one.Fix is { } fix ? Plain.Line(fix) : "" }), ""));
        return findings.Exists(one => one.Fix is not null) ? ExitCodes.Failed : ExitCodes.Ok;
    }

    private static async Task<IEnumerable<Finding>> ServerAsync(Call call)
    {
        try
        {
            var (queues, workers) = (await call.Api.GetAsync("queues", call.Token), await call.Api.GetAsync("workers", call.Token));
            return
            [
                new Finding("server", "answers"),
                workers.Items().Any() ? new Finding("workers", $"{workers.Items().Count()} beat") : new Finding("workers", "none beats", "start one: busjobs-server --role worker, with the same BUSJOBS_RABBITMQ"),
                .. queues.Items().Where(queue => queue.Number("ready") > 0 && queue.Number("workers") == 0).Select(queue => new Finding(
                    $"queue {queue.Cell("name")}", $"{(queue.Number("ready") == 1 ? "1 job waits" : $"{queue.Cell("ready")} jobs wait")}, and no worker reads it", "start a worker of the queue, or move the kind to another")),
                .. queues.Items().Where(queue => queue.Flag("paused")).Select(queue => new Finding(
                    $"queue {queue.Cell("name")}", "is paused", $"busjobs pauses tells why; busjobs resume queue {queue.Cell("name")}")),
            ];
        }
        catch (CallException exception)
        {
            return [new Finding("server", exception.Message, "start it, or set BUSJOBS_URL and BUSJOBS_KEY")];
        }
    }

    private static async Task<IEnumerable<Finding>> BrokerAsync(Seat seat, Call call) => seat.Set("BUSJOBS_RABBITMQ_API") is { } api
        ? await BrokerCheck.RunAsync(api, seat.Set("BUSJOBS_RABBITMQ"), seat.Set("BUSJOBS_PREFIX") ?? "busjobs", call.Token)
        : [new Finding("broker", "not looked at: BUSJOBS_RABBITMQ_API is not set") { WasSeen = false }];

    private static async Task<IEnumerable<Finding>> LedgerAsync(Seat seat, Call call)
    {
        if (!seat.HasLedger(call.Words))
        {
            return [new Finding("ledger", "not looked at: BUSJOBS_DATABASE is not set, and the data folder has no ledger") { WasSeen = false }];
        }

        try
        {
            await using var ledger = seat.Ledger(call.Words);
            var asked = call.Clock.GetUtcNow();
            var vitals = await ((ICheckup)ledger).VitalsAsync(now: null, call.Token);
            return Finding.Of(vitals, asked, call.Clock.GetUtcNow());
        }
        catch (DbException exception)
        {
            return [new Finding("ledger", $"cannot be asked: {exception.Message}", "start it, or set BUSJOBS_DATABASE")];
        }
    }
}
