using BusJobs.Bus;
using BusJobs.Outbox.Model;
using BusJobs.Wire;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.Outbox;

/// <summary>
/// Adds jobs to the unit of work of a producer's own database. Inside a transaction of the context the row is inserted at once and commits with
/// the transaction; without one it is added to the context and commits with the next <c>SaveChanges</c>. The door is at the ledger, so each
/// job is answered as enqueued: one that is a duplicate there is dropped there, and one that is turned away waits in the outbox.
/// </summary>
public sealed class OutboxJobClient<TContext>(TContext db, JobBus bus, TimeProvider clock) : IJobClient
    where TContext : DbContext
{
    /// <summary>Rows of one statement.</summary>
    private const int Chunk = 500;

    public TimeProvider Clock => clock;

    public async Task<EnqueueResult> EnqueueAsync(NewJob job, CancellationToken cancellationToken) =>
        (await EnqueueManyAsync([job], cancellationToken))[0];

    public async Task<IReadOnlyList<EnqueueResult>> EnqueueManyAsync(IReadOnlyCollection<NewJob> jobs, CancellationToken cancellationToken)
    {
        var rows = jobs.Select(job => OutboxJson.Write(job.Checked())).ToList();
        var name = OutboxModel.NameIn(db);
        if (db.Database.CurrentTransaction is null)
        {
            db.Set<OutboxRow>().AddRange(rows.Select(row => new OutboxRow { Job = row }));
        }
        else
        {
            foreach (var chunk in rows.Chunk(Chunk))
            {
                var sql = $"insert into {name.Table} (job) values " + string.Join(", ", chunk.Select((_, i) => $"({{{i}}})"));
                await db.Database.ExecuteSqlRawAsync(sql, chunk, cancellationToken);
            }
        }

        return [.. jobs.Select(job => new EnqueueResult.Enqueued(job.Id))];
    }

    /// <summary>Asks the coordinators for it at once; returns when the broker has confirmed it.</summary>
    public async Task BumpGenerationAsync(string kind, CancellationToken cancellationToken)
    {
        await bus.StartAsync(cancellationToken);
        await bus.SendAsync(bus.Names.Intake, new BumpGeneration { Kind = Names.Check("kind", kind) }, mandatory: true, cancellationToken);
    }
}
