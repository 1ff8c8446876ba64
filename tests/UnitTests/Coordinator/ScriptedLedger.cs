using System.Collections.Concurrent;
using System.Data.Common;
using BusJobs.Ledger;
using BusJobs.Wire;

namespace BusJobs.UnitTests.Coordinator;

/// <summary>A ledger that settles and inserts as the test says and can do nothing else.</summary>
internal sealed class ScriptedLedger(Func<IReadOnlyCollection<Settled>, Task> write) : ILedger
{
    private readonly ConcurrentQueue<IReadOnlyCollection<Settled>> batches = new();

    /// <summary>What each statement held, failed ones included.</summary>
    public IReadOnlyList<IReadOnlyCollection<Settled>> Batches => [.. batches];

    public ConcurrentQueue<Settled> Written { get; } = new();
    public int StalePerBatch { get; set; }

    /// <summary>Answers for each job of an insert. Default: inserting is not what the test is about.</summary>
    public Func<IReadOnlyCollection<NewJob>, IReadOnlyList<EnqueueResult>> Insert { get; init; } = _ => throw new NotSupportedException();

    public async Task<SettleReport> SettleAsync(IReadOnlyCollection<Settled> batch, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        batches.Enqueue(batch);
        await write(batch).WaitAsync(cancellationToken);
        foreach (var message in batch)
        {
            Written.Enqueue(message);
        }

        return new SettleReport(batch.Sum(message => message.Jobs.Count), StalePerBatch, MoreReady: false, Dead: []);
    }

    public Task MigrateAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<EnqueueResult> InsertAsync(NewJob job, DbTransaction? transaction, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<EnqueueResult>> InsertManyAsync(IReadOnlyCollection<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken) =>
        Task.FromResult(Insert(jobs));

    public Task<IReadOnlyList<EnqueueResult?>> LimitAsync(
        IReadOnlyCollection<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetDoorLimitAsync(DoorLimit limit, bool declared, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<DoorLimit>> DoorLimitsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ReleaseReport> ReleaseAsync(int limit, DateTimeOffset? now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<int> SweepAsync(int limit, DateTimeOffset? now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<int> PromoteAsync(int limit, DateTimeOffset? now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Survey> SurveyAsync(DateTimeOffset? now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Claimed> ClaimAsync(
        string queue, Lane lane, int limit, Packing packing, Func<string, int> chain, DateTimeOffset? now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<int> ReturnAsync(
        IReadOnlyCollection<Guid> dispatchIds, string reason, TimeSpan delay, DateTimeOffset? now, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<OpenDispatch>> OpenDispatchesAsync(int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ReclaimReport> ReclaimAsync(
        IReadOnlyCollection<Guid> dispatchIds, bool crashed, DateTimeOffset? now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<long> NextSequenceAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<CancelResult> CancelAsync(Guid jobId, DateTimeOffset? now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<Guid>> CancelRequestedAsync(int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<CancelReport> CancelManyAsync(IReadOnlyCollection<Guid> jobIds, DateTimeOffset? now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<RedriveReport> RedriveAsync(DeadFilter filter, DateTimeOffset? now, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>The database is away.</summary>
    public Task ReportProgressAsync(IReadOnlyCollection<JobProgress> progress, CancellationToken cancellationToken) =>
        throw new ScriptedDbException("57P03", transient: true);

    public Task<bool> HoldAsync(string scope, string key, TimeSpan ttl, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task BumpGenerationAsync(string scope, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task PauseAsync(PauseScope scope, string name, string by, string? reason, DateTimeOffset? now, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<bool> ResumeAsync(PauseScope scope, string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<Pause>> PausesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetLimitAsync(DispatchLimit limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DeclareLimitsAsync(IReadOnlyCollection<DispatchLimit> limits, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<DispatchLimit>> LimitsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<Hold>?> WhyAsync(Guid jobId, DateTimeOffset? now, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<LedgerCounts> CountsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<JobRecord?> FindAsync(Guid jobId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<JobPage> ListAsync(JobFilter filter, JobPlace? after, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<Guid, string>> PayloadsAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ReadyDepth> DepthAsync(string queue, int atMost, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<KindCounts>> KindsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<int> CountDeadAsync(DeadFilter filter, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task AddKeyAsync(ApiKey key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ApiKey?> FindKeyAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<ApiKey>> KeysAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> RevokeKeyAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task NoteKeyUseAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task WaitForWorkAsync(TimeSpan atMost, Func<CancellationToken, Task<bool>> recheck, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>What a database says with a given SQL state.</summary>
internal sealed class ScriptedDbException(string sqlState, bool transient = false) : DbException("Scripted, with SQL state " + sqlState)
{
    public override string SqlState => sqlState;

    public override bool IsTransient => transient;
}
