using System.Data.Common;
using BusJobs.Wire;

namespace BusJobs.Ledger;

/// <summary>
/// The table of jobs and every statement that changes it. Two implementations, PostgreSQL and SQLite, one contract suite.
/// Each method is one transaction. <c>now</c> is null in production, where the database's clock decides; tests pass a value.
/// </summary>
public interface ILedger : IDispatchRules, IJobKeys, IApiKeys, IAsyncDisposable
{
    /// <summary>Brings the schema to the version of this build. Safe to call from many processes at once.</summary>
    Task MigrateAsync(CancellationToken cancellationToken);

    /// <summary>Inserts one job, in the caller's transaction when there is one, as the door's rules allow.</summary>
    Task<EnqueueResult> InsertAsync(NewJob job, DbTransaction? transaction, CancellationToken cancellationToken);

    /// <summary>Inserts many jobs at once (COPY on PostgreSQL), in the caller's transaction when there is one, else in its own.</summary>
    /// <returns>One answer for each job, in the order given.</returns>
    Task<IReadOnlyList<EnqueueResult>> InsertManyAsync(IReadOnlyCollection<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken);

    /// <summary>
    /// Asks the limits at the door for each job, and takes the places of those that may enter. Inserting asks by itself; this is for
    /// whoever adds rows in another way.
    /// </summary>
    /// <returns>For each job what keeps it out, or null.</returns>
    Task<IReadOnlyList<EnqueueResult?>> LimitAsync(IReadOnlyCollection<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken);

    /// <summary>Sets or, without a number, lifts a limit at the door. All processes go by it within a second.</summary>
    /// <param name="declared">Whether it comes from a host's options: such a limit does not overrule one that was set at runtime.</param>
    /// <exception cref="JobRefusedException">The limit is not allowed.</exception>
    Task SetDoorLimitAsync(DoorLimit limit, bool declared, CancellationToken cancellationToken);

    /// <summary>The limits at the door, by rule, name and tenant; lifted ones too.</summary>
    Task<IReadOnlyList<DoorLimit>> DoorLimitsAsync(CancellationToken cancellationToken);

    /// <summary>Makes up to <paramref name="limit"/> scheduled jobs whose time has come ready.</summary>
    Task<int> PromoteAsync(int limit, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Lets up to <paramref name="limit"/> jobs go that waited for the job with their unique key to end, and whose key is free now.</summary>
    Task<ReleaseReport> ReleaseAsync(int limit, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Ends jobs that did not start in time, and forgets keys and grants whose time is over: up to <paramref name="limit"/> of each.</summary>
    /// <returns>How many of what there was most of; as many as the limit, and there may be more.</returns>
    Task<int> SweepAsync(int limit, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Which queues and lanes have ready jobs, how many jobs each has in flight, and how long until the next scheduled job is due.</summary>
    Task<Survey> SurveyAsync(DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>
    /// Claims up to <paramref name="limit"/> ready jobs of one lane of a queue (by priority, due time, id; rows that another
    /// coordinator is claiming are passed over), raises their fences, has them packed, and records the packs. What the packing
    /// refuses is parked in the same transaction. Pauses, limits, keys and the shares of tenants are kept.
    /// </summary>
    /// <param name="chain">By kind, how many jobs of one serial key may travel together, one after the other; 1 for one at a time. SQLite, where a round trip costs little, takes one.</param>
    Task<Claimed> ClaimAsync(
        string queue, Lane lane, int limit, Packing packing, Func<string, int> chain, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Takes back dispatches that were surely not sent: their jobs are due again after the delay, with the reason shown and no attempt burnt.</summary>
    /// <returns>How many jobs came back.</returns>
    Task<int> ReturnAsync(IReadOnlyCollection<Guid> dispatchIds, string reason, TimeSpan delay, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Writes settlements: each only if its fence is still the job's and the job is dispatched. Follow-ups of a success are inserted with it.</summary>
    Task<SettleReport> SettleAsync(IReadOnlyCollection<Settled> batch, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>The dispatches with unsettled jobs, oldest first.</summary>
    Task<IReadOnlyList<OpenDispatch>> OpenDispatchesAsync(int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Makes the unsettled jobs of lost dispatches ready again. With <paramref name="crashed"/>, each is held responsible for
    /// one crash: it moves to the suspects' lane, and at <see cref="Limits.MaxCrashes"/> it is dead with reason <c>crash-loop</c>.
    /// Jobs whose cancellation was asked for are cancelled instead.
    /// </summary>
    Task<ReclaimReport> ReclaimAsync(IReadOnlyCollection<Guid> dispatchIds, bool crashed, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>A sequence for a probe: later than that of every dispatch so far.</summary>
    Task<long> NextSequenceAsync(CancellationToken cancellationToken);

    /// <summary>Cancels a waiting job at once; asks for the cancellation of a running one.</summary>
    Task<CancelResult> CancelAsync(Guid jobId, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>
    /// Cancels many jobs, in packs of which each is a transaction: those that wait at once; those that run are asked to stop. Waits for nobody who
    /// holds more than one job, so that settling, claiming and another cancellation may go on beside it.
    /// </summary>
    Task<CancelReport> CancelManyAsync(IReadOnlyCollection<Guid> jobIds, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Running jobs whose cancellation was asked for and has not happened yet.</summary>
    Task<IReadOnlyList<Guid>> CancelRequestedAsync(int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a new series of attempts for dead jobs, or for discarded ones: by id, or all of a kind or queue. A job whose unique key
    /// another has by now stays as it is.
    /// </summary>
    Task<RedriveReport> RedriveAsync(DeadFilter filter, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Records what running handlers report. Ignores jobs that are not running.</summary>
    Task ReportProgressAsync(IReadOnlyCollection<JobProgress> progress, CancellationToken cancellationToken);

    /// <summary>Live jobs by state, and the tally of endings. Costs no scan over finished jobs.</summary>
    Task<LedgerCounts> CountsAsync(CancellationToken cancellationToken);

    /// <summary>Null when there is no such job.</summary>
    Task<JobRecord?> FindAsync(Guid jobId, CancellationToken cancellationToken);

    /// <summary>
    /// A page of jobs: dead ones by the time they died, and discarded ones by the time of that, newest first; scheduled ones by due time; ready ones in the order in which they
    /// will be dispatched; all others by id, newest first. Reads an index that is there anyway, and 10,000 rows at most.
    /// </summary>
    Task<JobPage> ListAsync(JobFilter filter, JobPlace? after, int limit, CancellationToken cancellationToken);

    /// <summary>The payloads of jobs, of those that are there, in no order.</summary>
    Task<IReadOnlyDictionary<Guid, string>> PayloadsAsync(IReadOnlyCollection<Guid> jobIds, CancellationToken cancellationToken);

    /// <summary>How many jobs of the queue are ready, and for how long: looks at <paramref name="atMost"/> of them, in the order of dispatch.</summary>
    Task<ReadyDepth> DepthAsync(string queue, int atMost, CancellationToken cancellationToken);

    /// <summary>How the kinds have fared, by name.</summary>
    Task<IReadOnlyList<KindCounts>> KindsAsync(CancellationToken cancellationToken);

    /// <summary>How many jobs <see cref="RedriveAsync"/> would redrive, up to the filter's limit.</summary>
    Task<int> CountDeadAsync(DeadFilter filter, CancellationToken cancellationToken);

    /// <summary>
    /// Returns when new work may be waiting or after <paramref name="atMost"/>, whichever is first. A wake-up is a hint: it may be
    /// missed or spurious. While a coordinator is in here, and only then, producers pay for notifying it.
    /// </summary>
    /// <param name="recheck">Called once notifications are on; true means there is work already, and the wait is skipped.</param>
    Task WaitForWorkAsync(TimeSpan atMost, Func<CancellationToken, Task<bool>> recheck, CancellationToken cancellationToken);
}
