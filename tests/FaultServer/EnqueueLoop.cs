using BusJobs.Ledger.Clients;
using Microsoft.Extensions.Hosting;

namespace BusJobs.FaultServer;

/// <summary>Enqueues jobs one at a time, and notes the id of each once its enqueue has returned.</summary>
internal sealed class EnqueueLoop(LedgerJobClient jobs, FaultSettings settings, Marks marks) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var number = 0; number < settings.Enqueue; number++)
        {
            marks.NoteAcknowledged((await jobs.EnqueueAsync(new Count(number), options: null, stoppingToken)).Id!.Value);
        }
    }
}
