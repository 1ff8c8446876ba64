using System.Data.Common;

namespace BusJobs.Ledger.Clients;

/// <summary>Enqueues straight into the ledger: each call commits at once, unless it is <see cref="Within">within</see> a transaction.</summary>
public sealed class LedgerJobClient(ILedger ledger, TimeProvider clock) : IJobClient
{
    private DbTransaction? Transaction { get; init; }

    public TimeProvider Clock => clock;

    /// <summary>A client whose jobs commit and roll back with the caller's ADO.NET transaction, on the ledger's own database.</summary>
    public IJobClient Within(DbTransaction transaction) => new LedgerJobClient(ledger, clock) { Transaction = transaction };

    public Task<EnqueueResult> EnqueueAsync(NewJob job, CancellationToken cancellationToken) =>
        ledger.InsertAsync(job.Checked(), Transaction, cancellationToken);

    public Task<IReadOnlyList<EnqueueResult>> EnqueueManyAsync(IReadOnlyCollection<NewJob> jobs, CancellationToken cancellationToken) =>
        ledger.InsertManyAsync([.. jobs.Select(job => job.Checked())], Transaction, cancellationToken);

    public Task BumpGenerationAsync(string kind, CancellationToken cancellationToken) => ledger.BumpGenerationAsync(kind, cancellationToken);
}
