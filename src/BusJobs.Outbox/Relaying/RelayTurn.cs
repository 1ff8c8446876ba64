using Microsoft.Extensions.Logging;

namespace BusJobs.Outbox.Relaying;

/// <summary>One turn of a relay: claims what is due and sends it, or sleeps until there is something.</summary>
internal sealed class RelayTurn(IOutboxTable table, Flight flight, RowPacker packer, OutboxOptions options, ILogger logger)
{
    private bool prepared;

    public async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        await flight.WaitForRoomAsync(cancellationToken);
        var rows = await table.ClaimAsync(options.MaxClaim, options.Patience, now: null, cancellationToken);
        if (rows.Count == 0)
        {
            await table.WaitAsync(options.PollInterval, cancellationToken);
            return;
        }

        var packed = packer.Pack(rows);
        await ParkAsync(packed.Misfits, cancellationToken);
        foreach (var pack in packed.Packs)
        {
            await flight.SendAsync(pack, cancellationToken);
        }
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
