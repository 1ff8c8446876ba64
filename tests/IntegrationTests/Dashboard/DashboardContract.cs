using BusJobs.Api.Operate;
using BusJobs.Bus;
using BusJobs.IntegrationTests.Api;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using BusJobs.Ledger.Audit;
using BusJobs.Wire;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Dashboard;

/// <summary>A server with the dashboard, and jobs in every state that a test needs.</summary>
public abstract class DashboardContract(LedgerFixture fixture) : ApiContract(fixture)
{
    protected const string Kind = "test.job";

    protected ILedger Ledger => Story.Ledger;

    protected static CancellationToken None => CancellationToken.None;

    /// <summary>Dead jobs, youngest id last.</summary>
    protected async Task<IReadOnlyList<Guid>> DeadAsync(int count, string reason, string payload = "{}", string? tenant = null, string kind = Kind)
    {
        var jobs = Enumerable.Range(0, count).Select(_ => NewJob.From(
            kind, "default", payload, new EnqueueOptions { Tenant = tenant, Tags = ["nightly"] }, TimeProvider.System)).ToList();
        await Ledger.InsertManyAsync(jobs, transaction: null, None);
        await SettleAsync(Ending.DeadLettered, reason);
        return [.. jobs.Select(job => job.Id)];
    }

    /// <summary>Dispatches whatever is ready in the default queue, and ends it.</summary>
    protected async Task<int> SettleAsync(Ending ending, string? reason = null, string worker = "worker-1")
    {
        var settled = 0;
        while (await DispatchAsync() is { Count: > 0 } packs)
        {
            await Ledger.SettleAsync(
                [
                    .. packs.Select(pack => new Settled
                    {
                        DispatchId = pack.Id, Worker = worker, Kind = pack.Kind, Queue = pack.Queue, Last = true,
                        Jobs = [.. pack.Jobs.Select(job => new Settlement(job.Id, job.Fence, ending) { Reason = reason, DurationMs = 7 })],
                    }),
                ],
                now: null, None);
            settled += packs.Sum(pack => pack.Jobs.Count);
        }

        return settled;
    }

    protected async Task<IReadOnlyList<Dispatch>> DispatchAsync() => (await Ledger.ClaimAsync(
        "default", Lane.Normal, limit: 1_000,
        (queue, jobs) => new Packed(
            [
                .. jobs.GroupBy(job => job.Kind).Select(kind => new Dispatch
                {
                    Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Kind = kind.Key, Queue = queue, Sequence = 0, Jobs = [.. kind.Select(job => job.Job)],
                }),
            ],
            []),
        now: null, None)).Dispatches;

    /// <summary>A worker is heard that reads the default queue, as it is told here, for a lease from now.</summary>
    protected async Task<WorkerBeat> HearAsync(Func<WorkerBeat, WorkerBeat>? with = null)
    {
        var beat = new WorkerBeat { WorkerId = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Name = "worker-1", Queues = [new QueueBeat("default", 8, 0)], Kinds = [Kind], Held = [] };
        beat = with?.Invoke(beat) ?? beat;
        var ear = Story.Services.GetRequiredService<WorkerEar>();
        // It is not known when the server begins to listen.
        await Eventually.HoldsAsync(async () =>
        {
            await Story.Services.GetRequiredService<JobBus>().PublishAsync(beat, None);
            return ear.Find(beat.WorkerId) is not null;
        });
        return beat;
    }

    protected async Task<LedgerState> StateAsync(Guid id) => (await Ledger.FindAsync(id, None))!.State;

    /// <summary>What was recorded, newest first.</summary>
    protected async Task<IReadOnlyList<(string What, string Target, string Result)>> AuditAsync() =>
        [.. (await Story.Services.GetRequiredService<IAuditTrail>().EntriesAsync(before: null, 100, None)).Select(entry => (entry.What, entry.Target, entry.Result))];
}
