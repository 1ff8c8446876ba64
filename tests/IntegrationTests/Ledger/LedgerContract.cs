using System.Data.Common;
using System.Globalization;
using BusJobs.Ledger;
using BusJobs.Wire;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>What every implementation of <see cref="ILedger"/> must do; the suites by verb derive from this.</summary>
public abstract class LedgerContract(LedgerFixture fixture) : IAsyncLifetime
{
    protected const string Kind = "test.job";
    protected const string Queue = "work";

    private static readonly CancellationToken None = CancellationToken.None;

    protected LedgerFixture Fixture => fixture;

    protected ILedger Ledger => fixture.Ledger;

    /// <summary>The moment at which the test began, in whole milliseconds, which both databases keep.</summary>
    protected DateTimeOffset T0 { get; } = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    public Task InitializeAsync() => fixture.EmptyAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    protected static Guid NewId() => Guid.CreateVersion7(TimeProvider.System.GetUtcNow());

    protected static NewJob Job(Guid? id = null, string queue = Queue, string kind = Kind) =>
        new() { Id = id ?? NewId(), Kind = kind, Queue = queue, Payload = "{}" };

    protected static List<NewJob> Jobs(int count) => [.. Enumerable.Range(0, count).Select(_ => Job())];

    /// <summary>Packs of the given size, by kind, in the order of the claim.</summary>
    internal protected static Packing PacksOf(int size) => (queue, jobs) => new Packed(
        [
            .. jobs.GroupBy(job => job.Kind).SelectMany(kind => kind.Chunk(size).Select(pack => new Dispatch
            {
                Id = NewId(), Kind = kind.Key, Queue = queue, Sequence = 0, Jobs = [.. pack.Select(job => job.Job)],
            })),
        ],
        []);

    protected async Task<IReadOnlyList<Dispatch>> ClaimAsync(int limit = 1000, Lane lane = Lane.Normal, int size = 100, string queue = Queue) =>
        (await Ledger.ClaimAsync(queue, lane, limit, PacksOf(size), T0, None)).Dispatches;

    protected async Task<Guid> InsertAsync(NewJob? job = null)
    {
        job ??= Job();
        Assert.Equal(new EnqueueResult.Enqueued(job.Id), await Ledger.InsertAsync(job, transaction: null, None));
        return job.Id;
    }

    /// <summary>Inserts one job and claims it.</summary>
    protected async Task<Dispatch> DispatchedAsync(NewJob? job = null)
    {
        await InsertAsync(job);
        return Assert.Single(await ClaimAsync());
    }

    /// <summary>How many of the jobs were new.</summary>
    protected async Task<int> AddAsync(IReadOnlyCollection<NewJob> jobs, DbTransaction? transaction = null)
    {
        var answers = await Ledger.InsertManyAsync(jobs, transaction, None);
        Assert.Equal(jobs.Select(job => (Guid?)job.Id), answers.Select(answer => answer.Id));
        return answers.Count(answer => answer is EnqueueResult.Enqueued);
    }

    protected async Task<JobRecord> FindAsync(Guid id) => Assert.IsType<JobRecord>(await Ledger.FindAsync(id, None));

    protected async Task<LedgerState> StateAsync(Guid id) => (await FindAsync(id)).State;

    protected Task<LedgerCounts> CountsAsync() => Ledger.CountsAsync(None);

    protected Task<SettleReport> SettleAsync(params Settled[] batch) => Ledger.SettleAsync(batch, T0, None);

    /// <summary>Settles all jobs of a dispatch in one way.</summary>
    protected Task<SettleReport> SettleAsync(Dispatch dispatch, Ending ending, long delayMs = 0, string? reason = null) =>
        SettleAsync(Settled(dispatch, [.. dispatch.Jobs.Select(job => Word(job, ending) with { DelayMs = delayMs, Reason = reason })]));

    protected static Settlement Word(DispatchedJob job, Ending ending) => new(job.Id, job.Fence, ending) { DurationMs = 7 };

    protected static Settled Settled(Dispatch dispatch, IReadOnlyList<Settlement> jobs, bool last = true) =>
        new() { DispatchId = dispatch.Id, Worker = "worker-1", Kind = dispatch.Kind, Queue = dispatch.Queue, Last = last, Jobs = jobs };

    protected async Task<int> OpenAsync() => (await Ledger.OpenDispatchesAsync(100, None)).Count;

    /// <summary>Makes every moment of a column this much earlier, which is how time passes in a test.</summary>
    protected Task AgeAsync(string table, string column, TimeSpan by) => fixture.ExecuteAsync(fixture.IsSqlite
        ? $"update {fixture.Table(table)} set {column} = {column} - {by.TotalMilliseconds:0}"
        : $"update {fixture.Table(table)} set {column} = {column} - interval '{by.TotalSeconds:0} s'");

    protected async Task<long> RowsAsync(string table)
    {
        await using var connection = await fixture.ConnectAsync();
        await using var count = connection.CreateCommand();
        count.CommandText = $"select count(*) from {fixture.Table(table)}";
        return Convert.ToInt64(await count.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }
}
