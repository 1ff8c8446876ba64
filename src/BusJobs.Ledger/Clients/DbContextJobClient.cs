using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace BusJobs.Ledger.Clients;

/// <summary>
/// Adds jobs to a DbContext's unit of work. Inside a transaction of the context the row is inserted at once and commits with the
/// transaction; without one it is added to the context and commits with the next <c>SaveChanges</c>. The context is on the
/// ledger's database and maps the table with <see cref="LedgerModel.AddBusJobs"/>.
/// </summary>
public sealed class DbContextJobClient<TContext>(TContext db, ILedger ledger, TimeProvider clock) : IJobClient
    where TContext : DbContext
{
    public TimeProvider Clock => clock;

    public async Task<EnqueueResult> EnqueueAsync(NewJob job, CancellationToken cancellationToken) =>
        await EnqueueManyAsync([job], cancellationToken) == 1 ? new EnqueueResult.Enqueued(job.Id) : new EnqueueResult.Duplicate(job.Id);

    public async Task<int> EnqueueManyAsync(IReadOnlyCollection<NewJob> jobs, CancellationToken cancellationToken)
    {
        var ready = jobs.Select(job => job.Checked()).ToList();
        return db.Database.CurrentTransaction is { } transaction
            ? await ledger.InsertManyAsync(ready, transaction.GetDbTransaction(), cancellationToken)
            : await AddAsync(ready, cancellationToken);
    }

    /// <summary>
    /// A known id would fail the caller's whole SaveChanges, so it is looked up first. Should another caller commit the same id in
    /// between, SaveChanges fails as a whole, and nothing is enqueued twice.
    /// </summary>
    private async Task<int> AddAsync(List<NewJob> jobs, CancellationToken cancellationToken)
    {
        var rows = db.Set<JobRow>();
        var ids = jobs.ConvertAll(job => job.Id);
        var known = await rows.Where(row => ids.Contains(row.Id)).Select(row => row.Id).ToHashSetAsync(cancellationToken);
        known.UnionWith(rows.Local.Select(row => row.Id));
        var added = jobs.Where(job => known.Add(job.Id)).Select(job => JobRow.From(job, clock.GetUtcNow())).ToList();
        rows.AddRange(added);
        return added.Count;
    }
}
