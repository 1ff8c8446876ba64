using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace BusJobs.Ledger.Clients;

/// <summary>
/// Adds jobs to a DbContext's unit of work. Inside a transaction of the context the row is inserted at once and commits with the
/// transaction; without one it is added to the context and commits with the next <c>SaveChanges</c>. Whether a unique key is free only
/// the database can tell, so a job with a key that comes without a transaction begins one, which the next <c>SaveChanges</c> ends.
/// The context is on the ledger's database and maps the table with <see cref="LedgerModel.AddBusJobs"/>.
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
        if (db.Database.CurrentTransaction is null && !ready.Exists(job => job.Unique is not null))
        {
            return await AddAsync(ready, cancellationToken);
        }

        var transaction = db.Database.CurrentTransaction ?? await BeginAsync(cancellationToken);
        return await ledger.InsertManyAsync(ready, transaction.GetDbTransaction(), cancellationToken);
    }

    public Task BumpGenerationAsync(string kind, CancellationToken cancellationToken) => ledger.BumpGenerationAsync(kind, cancellationToken);

    /// <summary>Begins a transaction that the context's next SaveChanges commits or, if it fails, rolls back.</summary>
    private async Task<IDbContextTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        var own = await db.Database.BeginTransactionAsync(cancellationToken);
        db.SavedChanges += Commit;
        db.SaveChangesFailed += Rollback;
        return own;

        void Commit(object? sender, SavedChangesEventArgs saved) => End(own.Commit);

        void Rollback(object? sender, SaveChangesFailedEventArgs failed) => End(own.Rollback);

        void End(Action how)
        {
            db.SavedChanges -= Commit;
            db.SaveChangesFailed -= Rollback;
            // Whoever took the transaction from the context has ended it.
            if (db.Database.CurrentTransaction == own)
            {
                using (own)
                {
                    how();
                }
            }
        }
    }

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
        var refusals = await ledger.LimitAsync(jobs, transaction: null, cancellationToken);
        var answers = jobs.Select((job, place) => known.Contains(job.Id) ? new EnqueueResult.Duplicate(job.Id) : refusals[place] ?? Add(job)).ToList();
        db.SavedChanges += Count;
        return answers;

        // Without a transaction SaveChanges commits, so what is counted here is there. Within one the ledger counts at the insert, as it cannot see the commit.
        void Count(object? sender, SavedChangesEventArgs saved)
        {
            db.SavedChanges -= Count;
            LedgerMetrics.Entered(jobs, answers);
        }

        EnqueueResult Add(NewJob job)
        {
            known.Add(job.Id);
            rows.Add(JobRow.From(job, clock.GetUtcNow()));
            return new EnqueueResult.Enqueued(job.Id);
        }
    }
}
