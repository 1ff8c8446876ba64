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
/// job waits for nobody. While the ledger is away everything waits.
/// </summary>
internal sealed class Admitter(ILedger ledger, IOptions<CoordinatorOptions> options, TimeProvider clock, ILogger<Admitter> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Channel<Waiting> incoming = Channel.CreateUnbounded<Waiting>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Returns once the jobs' answers are in the ledger.</summary>
    /// <returns>One for each job, in the order given.</returns>
    public Task<IReadOnlyList<Admission>> AdmitAsync(IReadOnlyList<NewJob> jobs)
    {
        var waiting = new Waiting(jobs, new TaskCompletionSource<IReadOnlyList<Admission>>(TaskCreationOptions.RunContinuationsAsynchronously));
        incoming.Writer.TryWrite(waiting);
        return waiting.Answered.Task;
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        while (await incoming.Reader.WaitToReadAsync(stopping))
        {
            var batch = Take();
            var admissions = await InsertAsync([.. batch.SelectMany(waiting => waiting.Jobs)], stopping);
            var answered = 0;
            foreach (var waiting in batch)
            {
                waiting.Answered.SetResult([.. admissions.Skip(answered).Take(waiting.Jobs.Count)]);
                answered += waiting.Jobs.Count;
            }
        }
    }

    private List<Waiting> Take()
    {
        var batch = new List<Waiting>();
        for (var size = 0; size < options.Value.MaxIntake && incoming.Reader.TryRead(out var waiting); size += waiting.Jobs.Count)
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
