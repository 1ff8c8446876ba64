using BusJobs.Wire;

namespace BusJobs.Worker;

/// <summary>
/// Sends the outcomes of a dispatch: all in one message when they come at once, otherwise what there is every few milliseconds,
/// so that a crash repeats little.
/// </summary>
internal sealed class SettlementFlush(string worker, TimeSpan interval, Uplink uplink, PatientSender sender, TimeProvider clock)
{
    /// <summary>About what one message may hold, far below the smallest limit of a broker (16 MiB).</summary>
    private const int MaxMessageBytes = 1024 * 1024;

    /// <summary>Returns once the last settlement is confirmed, or the dispatch is forgotten.</summary>
    public async Task RunAsync(HeldDispatch pack)
    {
        try
        {
            while (await SendNextAsync(pack))
            {
            }
        }
        catch (OperationCanceledException) when (pack.Forgotten.IsCancellationRequested)
        {
            // The coordinator dispatches these jobs again; a settlement now would only bounce off the fence.
        }
    }

    /// <returns>Whether more is to come.</returns>
    private async Task<bool> SendNextAsync(HeldDispatch pack)
    {
        await pack.News.WaitAsync(pack.Forgotten);
        if (!pack.AllSettled.IsCompleted)
        {
            await Task.WhenAny(pack.AllSettled, Task.Delay(interval, clock, pack.Forgotten));
        }

        var (jobs, last) = pack.Take(MaxMessageBytes);
        var message = new Settled { DispatchId = pack.Id, Worker = worker, Kind = pack.Kind, Queue = pack.Queue, Last = last, Jobs = jobs };
        await sender.SendAsync(pack.Id, cancellationToken => uplink.Settle(message, cancellationToken), pack.Forgotten);
        return !last;
    }
}
