using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Api.Enqueue;

/// <summary>Writes jobs in one transaction.</summary>
internal delegate Task<IReadOnlyList<EnqueueResult>> InsertJobs(IReadOnlyList<NewJob> jobs);

/// <summary>
/// Commits the jobs of concurrent requests together: whatever came while the last commit was under way goes into the next one. A
/// request is answered once its jobs are committed; alone, it does not wait for others. A request with unique keys is committed alone: it may
/// have to wait until a rival, in a transaction of somebody else, has ended.
/// </summary>
/// <param name="insert">Commits jobs at once, and answers for each.</param>
internal sealed class GroupCommit(InsertJobs insert, Room room, IOptions<ApiOptions> options, ILogger<GroupCommit> logger) : IHostedService
{
    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(1);

    // Not bounded itself: the room is.
    private readonly Channel<Entry> plain = Channel.CreateUnbounded<Entry>();
    private readonly Channel<Entry> keyed = Channel.CreateUnbounded<Entry>();
    private readonly Lock gathering = new();
    private Task running = Task.CompletedTask;

    /// <summary>Enqueues the jobs as one: all are written, or none.</summary>
    /// <returns>One answer per job, in order; <see cref="EnqueueResult.Shed"/> for all when there is no room.</returns>
    /// <exception cref="DbException">The ledger could not answer; a transient fault leaves open whether the jobs are in it.</exception>
    /// <exception cref="OperationCanceledException">The caller went before the commit began, or the server is stopping: nothing was written.</exception>
    public async Task<IReadOnlyList<EnqueueResult>> EnqueueAsync(IReadOnlyList<NewJob> jobs, CancellationToken cancellationToken)
    {
        using var share = room.Take(jobs.Count, forBytes: 0);
        if (share is null)
        {
            return [.. jobs.Select(_ => new EnqueueResult.Shed(ComeBack))];
        }

        var entry = new Entry(jobs);
        var line = jobs.Any(job => job.Unique is not null) ? keyed : plain;
        if (!line.Writer.TryWrite(entry))
        {
            throw new OperationCanceledException("The server is stopping.");
        }

        await using (cancellationToken.UnsafeRegister(static given => ((Entry)given!).Withdraw(), entry))
        {
            return await entry.Answer;
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        running = Task.WhenAll(
        [
            .. Enumerable.Range(0, options.Value.CommitLoops).Select(_ => Task.Run(RunAsync, CancellationToken.None)),
            .. Enumerable.Range(0, options.Value.KeyedLoops).Select(_ => Task.Run(RunKeyedAsync, CancellationToken.None)),
        ]);
        return Task.CompletedTask;
    }

    /// <summary>Takes in no more, and returns when what was taken in is committed.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        plain.Writer.TryComplete();
        keyed.Writer.TryComplete();
        return running.WaitAsync(cancellationToken);
    }

    private async Task RunAsync()
    {
        while (await plain.Reader.WaitToReadAsync(CancellationToken.None))
        {
            await CommitAsync(Gather());
        }
    }

    private async Task RunKeyedAsync()
    {
        await foreach (var entry in keyed.Reader.ReadAllAsync(CancellationToken.None))
        {
            await CommitAsync(entry.TryBegin() ? [entry] : []);
        }
    }

    /// <summary>What waits, up to the size of a group. A batch that would not fit leads the next group.</summary>
    private List<Entry> Gather()
    {
        var group = new List<Entry>();
        var jobs = 0;
        // One loop at a time, so that what is looked at is what is taken.
        lock (gathering)
        {
            while (plain.Reader.TryPeek(out var next) && (group.Count == 0 || jobs + next.Jobs.Count <= options.Value.MaxGroup)
                && plain.Reader.TryRead(out next))
            {
                if (next.TryBegin())
                {
                    group.Add(next);
                    jobs += next.Jobs.Count;
                }
            }
        }

        return group;
    }

    /// <summary>
    /// A group that the ledger refuses is halved until the one that is at fault stands alone. A ledger that is away, locked or full (no
    /// fault of any job, and no SQL state) is not asked again for each half.
    /// </summary>
    private async Task CommitAsync(List<Entry> group)
    {
        if (group.Count == 0)
        {
            return;
        }

        try
        {
            var results = await insert([.. group.SelectMany(entry => entry.Jobs)]);
            var given = 0;
            foreach (var entry in group)
            {
                entry.Tell([.. results.Skip(given).Take(entry.Jobs.Count)]);
                given += entry.Jobs.Count;
            }
        }
        catch (Exception exception) when (group.Count == 1 || exception is DbException { IsTransient: true } or DbException { SqlState: null })
        {
            group.ForEach(entry => entry.Fail(exception));
        }
        catch (Exception exception)
        {
            logger.GroupDivided(exception, group.Sum(entry => entry.Jobs.Count));
            await CommitAsync(group[..(group.Count / 2)]);
            await CommitAsync(group[(group.Count / 2)..]);
        }
    }

    /// <summary>The jobs of one request. Until its commit begins, the request may withdraw them.</summary>
    private sealed class Entry(IReadOnlyList<NewJob> jobs)
    {
        private readonly TaskCompletionSource<IReadOnlyList<EnqueueResult>> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int begun;

        public IReadOnlyList<NewJob> Jobs => jobs;

        public Task<IReadOnlyList<EnqueueResult>> Answer => answer.Task;

        public bool TryBegin() => Interlocked.Exchange(ref begun, 1) == 0;

        public void Withdraw()
        {
            if (TryBegin())
            {
                answer.TrySetCanceled();
            }
        }

        public void Tell(IReadOnlyList<EnqueueResult> results) => answer.TrySetResult(results);

        public void Fail(Exception exception) => answer.TrySetException(exception);
    }
}
