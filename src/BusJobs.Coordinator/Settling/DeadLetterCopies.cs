using System.Threading.Channels;
using BusJobs.Bus;
using BusJobs.Wire;
using Microsoft.Extensions.Logging;

namespace BusJobs.Coordinator.Settling;

/// <summary>
/// Puts copies of dead letters where RabbitMQ's management UI shows them. A convenience: bounded, best effort, after the ledger's
/// commit. On a bus in memory there is nobody to look.
/// </summary>
internal sealed class DeadLetterCopies(JobBus bus, ILogger<DeadLetterCopies> logger)
{
    private readonly Channel<DeadLetter> waiting =
        Channel.CreateBounded<DeadLetter>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest });

    public void Send(IReadOnlyList<DeadLetter> letters)
    {
        if (bus.IsInMemory)
        {
            return;
        }

        foreach (var letter in letters)
        {
            waiting.Writer.TryWrite(letter);
        }
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        await foreach (var letter in waiting.Reader.ReadAllAsync(stopping))
        {
            try
            {
                await bus.SendAsync(bus.Names.Dead(letter.Queue), letter, mandatory: false, stopping);
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                logger.CopyFailed(exception, letter.JobId);
            }
        }
    }
}
