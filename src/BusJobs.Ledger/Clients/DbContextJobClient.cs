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
        (await EnqueueManyAsync([job], cancellationToken))[0];

    public async Task<IReadOnlyList<EnqueueResult>> EnqueueManyAsync(IReadOnlyCollection<NewJob> jobs, CancellationToken cancellationToken)
    {
        var ready = jobs.Select(job => job.Checked()).ToList();
        return db.Database.CurrentTransaction is { } transaction
            ? await ledger.InsertManyAsync(ready, transaction.GetDbTransaction(), cancellationToken)
            : await AddAsync(ready, cancellationToken);
    }

    public Task BumpGenerationAsync(string kind, CancellationToken cancellationToken) => ledger.BumpGenerationAsync(kind, cancellationToken);

    /// <summary>
    /// A known id would fail the caller's whole SaveChanges, so it is looked up first. Should another caller commit the same id in
    /// between, SaveChanges fails as a whole, and nothing is enqueued twice.
    /// </summary>
    private async Task<IReadOnlyList<EnqueueResult>> AddAsync(List<NewJob> jobs, CancellationToken cancellationToken)
    {
        var rows = db.Set<JobRow>();
        var ids = jobs.ConvertAll(job => job.Id);
        var known = await rows.Where(row => ids.Contains(row.Id)).Select(row => row.Id).ToHashSetAsync(cancellationToken);
        known.UnionWith(rows.Local.Select(row => row.Id));
        return jobs.ConvertAll(job =>
        {
            if (!known.Add(job.Id))
            {
                return new EnqueueResult.Duplicate(job.Id);
            }

            rows.Add(JobRow.From(job, clock.GetUtcNow()));
            return (EnqueueResult)new EnqueueResult.Enqueued(job.Id);
        });
    }
}
