using System.Data.Common;
using System.Threading.Channels;
using BusJobs.Ledger;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Coordinator.Receiving;

/// <summary>What became of a job that came in: the door's answer, or, without one, why the ledger cannot hold it.</summary>
internal sealed record Admission(EnqueueResult? Answer, string? Fault);

/// <summary>
/// Brings what came in into the ledger: takes whatever is waiting into one insert, so that a flood costs few transactions and a lone
/// job waits for nobody. A message with unique keys is inserted alone, beside the others: it may have to wait until a rival, in a
/// transaction of somebody else, has ended. While the ledger is away everything waits.
/// </summary>
internal sealed class Admitter(ILedger ledger, IOptions<CoordinatorOptions> options, TimeProvider clock, ILogger<Admitter> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>Messages with unique keys that may wait for rivals at once.</summary>
    private const int KeyedLoops = 8;

    private readonly Channel<Waiting> plain = Channel.CreateUnbounded<Waiting>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Channel<Waiting> keyed = Channel.CreateUnbounded<Waiting>();

    /// <summary>Returns once the jobs' answers are in the ledger.</summary>
    /// <returns>One for each job, in the order given.</returns>
    public Task<IReadOnlyList<Admission>> AdmitAsync(IReadOnlyList<NewJob> jobs)
    {
        var waiting = new Waiting(jobs, new TaskCompletionSource<IReadOnlyList<Admission>>(TaskCreationOptions.RunContinuationsAsynchronously));
        (jobs.Any(job => job.Unique is not null) ? keyed : plain).Writer.TryWrite(waiting);
        return waiting.Answered.Task;
    }

    public Task RunAsync(CancellationToken stopping) =>
        Task.WhenAll([RunPlainAsync(stopping), .. Enumerable.Range(0, KeyedLoops).Select(_ => RunKeyedAsync(stopping))]);

    private async Task RunPlainAsync(CancellationToken stopping)
    {
        while (await plain.Reader.WaitToReadAsync(stopping))
        {
            await AnswerAsync(Take(), stopping);
        }
    }

    private async Task RunKeyedAsync(CancellationToken stopping)
    {
        await foreach (var waiting in keyed.Reader.ReadAllAsync(stopping))
        {
            await AnswerAsync([waiting], stopping);
        }
    }

    private async Task AnswerAsync(List<Waiting> batch, CancellationToken stopping)
    {
        var admissions = await InsertAsync([.. batch.SelectMany(waiting => waiting.Jobs)], stopping);
        var answered = 0;
        foreach (var waiting in batch)
        {
            waiting.Answered.SetResult([.. admissions.Skip(answered).Take(waiting.Jobs.Count)]);
            answered += waiting.Jobs.Count;
        }
    }

    private List<Waiting> Take()
    {
        var batch = new List<Waiting>();
        for (var size = 0; size < options.Value.MaxIntake && plain.Reader.TryRead(out var waiting); size += waiting.Jobs.Count)
        {
            batch.Add(waiting);
        }

        return batch;
    }

    /// <summary>However often it takes. What the ledger refuses for its content is found by halves; it cannot hold up the rest.</summary>
    private async Task<IReadOnlyList<Admission>> InsertAsync(IReadOnlyList<NewJob> jobs, CancellationToken stopping)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                var answers = await ledger.InsertManyAsync(jobs, transaction: null, stopping);
                CoordinatorMetrics.TookIn(answers);
                return [.. answers.Select(answer => new Admission(answer, Fault: null))];
            }
            catch (DbException exception) when (exception.IsOfContent && jobs.Count == 1)
            {
                return [new Admission(Answer: null, $"The ledger cannot hold the job: {exception.Message}")];
            }
            catch (DbException exception) when (exception.IsOfContent)
            {
                var half = jobs.Count / 2;
                return [.. await InsertAsync([.. jobs.Take(half)], stopping), .. await InsertAsync([.. jobs.Skip(half)], stopping)];
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                logger.LoopFailed(exception, "The intake", 1);
                await Task.Delay(pause, clock, stopping);
            }
        }
    }

    private sealed record Waiting(IReadOnlyList<NewJob> Jobs, TaskCompletionSource<IReadOnlyList<Admission>> Answered);
}
