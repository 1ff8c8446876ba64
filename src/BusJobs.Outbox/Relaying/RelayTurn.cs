using Microsoft.Extensions.Logging;

namespace BusJobs.Outbox.Relaying;

/// <summary>One turn of a relay: claims what is due and sends it, or sleeps until there is something.</summary>
internal sealed class RelayTurn(IOutboxTable table, Flight flight, RowPacker packer, OutboxOptions options, ILogger logger)
{
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromMilliseconds(10);

    private bool prepared;

    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        await flight.WaitForRoomAsync(cancellationToken);
        var rows = await table.ClaimAsync(options.MaxClaim, options.Patience, now: null, cancellationToken);
        if (rows.Count == 0)
        {
            await SleepAsync(cancellationToken);
            return;
        }

        var packed = packer.Pack(rows);
        await ParkAsync(packed.Misfits, cancellationToken);
        foreach (var pack in packed.Packs)
        {
            await flight.SendAsync(pack, cancellationToken);
        }
    }

    /// <summary>No longer than until the next row is due: one that nobody answered for, or that was put back for a while.</summary>
    private async Task SleepAsync(CancellationToken cancellationToken)
    {
        var next = await table.NextDueAsync(now: null, cancellationToken) ?? options.PollInterval;
        // A row that is due, and yet was not claimed, is locked by somebody.
        var pause = next < ShortestSleep ? ShortestSleep : next + TimeSpan.FromMilliseconds(1);
        await table.WaitAsync(pause < options.PollInterval ? pause : options.PollInterval, cancellationToken);
    }

    /// <summary>The table may come later than the relay, with the producer's migrations.</summary>
    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (!prepared && !await table.PrepareAsync(cancellationToken))
        {
            logger.NoTrigger(options.PollInterval);
        }

        prepared = true;
    }

    private async Task ParkAsync(IReadOnlyList<PutBack> misfits, CancellationToken cancellationToken)
    {
        foreach (var misfit in misfits)
        {
            logger.RowParked(misfit.Position, misfit.Delay, misfit.Reason!);
        }

        if (misfits.Count > 0)
        {
            await table.PutBackAsync(misfits, now: null, cancellationToken);
        }
    }
}
