using System.CommandLine;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;
using BusJobs.Ledger;

namespace BusJobs.Cli.Ledgers;

/// <summary><c>busjobs check --assembly new.dll</c>: whether a build that is not deployed yet can read what waits for it.</summary>
internal static class CheckCommand
{
    private const int PageSize = 500;
    private const int MostShown = 20;

    private static readonly LedgerState[] Unread = [LedgerState.Scheduled, LedgerState.Ready, LedgerState.Dead];

    private static readonly Option<string> AssemblyFile = new("--assembly") { Description = "The build with the commands.", HelpName = "DLL", Required = true };

    public static Command Build(Seat seat)
    {
        var command = new Command("check", "Read every waiting, scheduled and dead payload with a new build. The exit code is 1 when it cannot read one.") { AssemblyFile };
        command.SetAction((words, token) => RunAsync(seat, words, token));
        return command;
    }

    private static async Task<int> RunAsync(Seat seat, ParseResult words, CancellationToken cancellationToken)
    {
        var (build, screen) = (new NewBuild(words.GetValue(AssemblyFile)!), seat.Screen(words));
        await using var ledger = seat.Ledger(words);
        var (read, faults) = (0, new List<(Guid Id, string Kind, string Fault)>());
        foreach (var (kind, state) in build.Kinds.Order(StringComparer.Ordinal).SelectMany(kind => Unread.Select(state => (kind, state))))
        {
            await foreach (var (id, payload) in PayloadsAsync(ledger, kind, state, cancellationToken))
            {
                read++;
                if (build.Fault(kind, payload) is { } fault)
                {
                    faults.Add((id, kind, fault));
                }
            }
        }

        Tell(screen, build, read, faults);
        return faults.Count > 0 ? ExitCodes.Failed : ExitCodes.Ok;
    }

    private static async IAsyncEnumerable<(Guid Id, string Payload)> PayloadsAsync(
        ILedger ledger, string kind, LedgerState state, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        JobPlace? place = null;
        do
        {
            var page = await ledger.ListAsync(new BusJobs.Ledger.JobFilter { State = state, Kind = kind }, place, PageSize, cancellationToken);
            foreach (var (id, payload) in await ledger.PayloadsAsync([.. page.Jobs.Select(job => job.Id)], cancellationToken))
            {
                yield return (id, payload);
            }

            place = page.Next;
        }
        while (place is not null);
    }

    private static void Tell(Screen screen, NewBuild build, int read, IReadOnlyList<(Guid Id, string Kind, string Fault)> faults)
    {
        if (screen.IsJson)
        {
            screen.Data(JsonSerializer.SerializeToElement(
                new { kinds = build.Kinds.Count, read, faults = faults.Select(fault => new { id = fault.Id, kind = fault.Kind, fault = fault.Fault }) }));
            return;
        }

        screen.Line($"{build.Kinds.Count} kinds, {read:N0} payloads read, {faults.Count:N0} cannot be loaded.");
        if (faults.Count > 0)
        {
            screen.Table(["ID", "KIND", "FAULT"], faults.Take(MostShown).Select(fault => new[] { fault.Id.ToString(), fault.Kind, Plain.First(fault.Fault, 200) }), "");
        }
    }
}
