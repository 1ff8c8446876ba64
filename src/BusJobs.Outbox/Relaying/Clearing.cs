using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using BusJobs.Wire;
using Microsoft.Extensions.Logging;

namespace BusJobs.Outbox.Relaying;

/// <summary>
/// Deletes the rows whose jobs are in the ledger and puts the others back: whatever is waiting goes into one statement each, however often it
/// takes. Then it tells.
/// </summary>
internal sealed class Clearing(IOutboxTable table, OutboxOptions options, OutboxHealth health, TimeProvider clock, ILogger logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Channel<Answered> incoming = Channel.CreateUnbounded<Answered>(new UnboundedChannelOptions { SingleReader = true });

    /// <param name="cleared">Called once the rows are seen to.</param>
    public void Add(Pack pack, IReadOnlyList<HeldBack> heldBack, Action cleared) => incoming.Writer.TryWrite(new Answered(pack, heldBack, cleared));

    public async Task RunAsync(CancellationToken stopping)
    {
        while (await incoming.Reader.WaitToReadAsync(stopping))
        {
            var batch = new List<Answered>();
            while (incoming.Reader.TryRead(out var answered))
            {
                batch.Add(answered);
            }

            await ClearAsync(batch, stopping);
            batch.ForEach(answered => answered.Cleared());
        }
    }

    private async Task ClearAsync(List<Answered> batch, CancellationToken stopping)
    {
        var back = batch.SelectMany(answered => answered.Back()).ToList();
        foreach (var row in back.Where(row => row.Delay >= TimeSpan.FromSeconds(10)))
        {
            logger.RowParked(row.Position, row.Delay, row.Reason!);
        }

        var kept = back.Select(row => row.Position).ToHashSet();
        var gone = batch.SelectMany(answered => answered.Pack.Rows.Zip(answered.Pack.Handover.Jobs)).Where(pair => !kept.Contains(pair.First.Position)).ToList();
        await PersistAsync(() => gone.Count > 0 ? table.DeleteAsync([.. gone.Select(pair => pair.First.Position)], stopping) : Task.CompletedTask, stopping);
        await PersistAsync(() => back.Count > 0 ? table.PutBackAsync(back, now: null, stopping) : Task.CompletedTask, stopping);
        health.HeldBack(back.Count);
        if (gone.Count > 0)
        {
            health.Relayed(gone.Count, batch.Max(answered => answered.Pack.Rows.Max(row => row.Age) + clock.GetElapsedTime(answered.Pack.ClaimedAt)));
            await TellAsync([.. gone.Select(pair => pair.Second.Id)], stopping);
        }
    }

    /// <summary>While the database is away nothing is lost by waiting: the rows are handed over again, and the ledger knows their jobs.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Outlives every fault of the database.")]
    private async Task PersistAsync(Func<Task> write, CancellationToken stopping)
    {
        var pause = FirstPause;
        for (var failures = 1; ; failures++)
        {
            try
            {
                await write();
                return;
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                logger.LoopFailed(exception, "The clearing of the outbox", failures);
            }

            await Task.Delay(pause, clock, stopping);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Around the user's hook: what it throws changes nothing.")]
    private async Task TellAsync(IReadOnlyList<Guid> ids, CancellationToken stopping)
    {
        try
        {
            await (options.OnRelayed?.Invoke(ids, stopping) ?? Task.CompletedTask);
        }
        catch (Exception exception)
        {
            logger.HookFailed(exception, ids.Count);
        }
    }

    private sealed record Answered(Pack Pack, IReadOnlyList<HeldBack> HeldBack, Action Cleared)
    {
        public IEnumerable<PutBack> Back() => 
            from held in HeldBack
            where held.Index >= 0 && held.Index < Pack.Rows.Count
            let row = Pack.Rows[held.Index]
            select held.RetryAfterMs is { } ms ? new PutBack(row.Position, TimeSpan.FromMilliseconds(ms), held.Reason) : Parking.Of(row, held.Reason);
    }
}
