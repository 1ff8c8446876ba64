using BusJobs.Coordinator;
using BusJobs.Coordinator.Receiving;
using BusJobs.UnitTests.Coordinator;
using BusJobs.UnitTests.Support;
using Microsoft.Extensions.Options;

namespace BusJobs.UnitTests.Receiving;

public sealed class AdmitterTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualClock clock = new();
    private readonly ListLogger<Admitter> logger = new();
    private readonly List<int> batches = [];
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;
    private Func<IReadOnlyCollection<NewJob>, bool> fails = _ => false;
    private string sqlState = "57P03";

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running.ContinueWith(_ => { }, TaskScheduler.Default);
        stopping.Dispose();
    }

    [Fact]
    public async Task What_waits_goes_into_one_insert_and_each_gets_its_own_answers()
    {
        var admitter = Admitter();
        var jobs = Enumerable.Range(0, 10).Select(_ => (IReadOnlyList<NewJob>)[Job(), Job()]).ToList();
        var admitted = jobs.ConvertAll(pair => admitter.AdmitAsync(pair));
        Run(admitter);
        var answers = await Task.WhenAll(admitted).WaitAsync(Patience);
        Assert.Equal([20], batches);
        Assert.Equal(jobs.Select(pair => pair.Select(job => (Guid?)job.Id)), answers.Select(pair => pair.Select(admission => admission.Answer!.Id)));
    }

    [Fact]
    public async Task A_batch_takes_no_more_messages_once_it_is_full()
    {
        var admitter = Admitter(new CoordinatorOptions { MaxIntake = 4 });
        var admitted = Enumerable.Range(0, 3).Select(_ => admitter.AdmitAsync([Job(), Job(), Job()])).ToList();
        Run(admitter);
        await Task.WhenAll(admitted).WaitAsync(Patience);
        Assert.Equal([6, 3], batches);
    }

    [Fact]
    public async Task A_message_with_a_unique_key_goes_into_an_insert_of_its_own()
    {
        var admitter = Admitter();
        var keyed = new EnqueueOptions { Unique = Unique.WhileActive("a") };
        var admitted = new[] { Job(), Job(keyed), Job(), Job(keyed) }.Select(job => admitter.AdmitAsync([job])).ToList();
        Run(admitter);
        await Task.WhenAll(admitted).WaitAsync(Patience);
        Assert.Equal([1, 1, 2], batches.Order());
    }

    [Fact]
    public async Task While_the_ledger_is_away_everything_waits_and_then_it_is_answered()
    {
        fails = _ => batches.Count <= 3;
        var admitter = Admitter();
        var admitted = admitter.AdmitAsync([Job()]);
        Run(admitter);
        foreach (var pause in (int[])[50, 100, 200])
        {
            Assert.False(admitted.IsCompleted);
            Assert.Equal(pause, (await clock.NextAlarmAsync()).TotalMilliseconds);
            clock.Advance(TimeSpan.FromMilliseconds(pause));
        }

        Assert.IsType<EnqueueResult.Enqueued>(Assert.Single(await admitted.WaitAsync(Patience)).Answer);
        Assert.Contains(logger.Lines, line => line.Event == 3000);
    }

    [Fact]
    public async Task A_job_that_the_ledger_cannot_hold_is_found_and_the_others_get_in()
    {
        var bad = Job();
        (sqlState, fails) = ("22P05", jobs => jobs.Contains(bad));
        var admitter = Admitter();
        var admitted = admitter.AdmitAsync([Job(), Job(), bad, Job(), Job()]);
        Run(admitter);
        var answers = await admitted.WaitAsync(Patience);
        Assert.Equal([false, false, true, false, false], answers.Select(admission => admission.Fault is not null));
        Assert.StartsWith("The ledger cannot hold the job", answers[2].Fault);
    }

    private void Run(Admitter admitter) => running = Task.Run(() => admitter.RunAsync(stopping.Token));

    private NewJob Job(EnqueueOptions? options = null) => NewJob.From("test.x", "mail", "{}", options, clock);

    private Admitter Admitter(CoordinatorOptions? options = null)
    {
        var ledger = new ScriptedLedger(_ => Task.CompletedTask)
        {
            Insert = jobs =>
            {
                batches.Add(jobs.Count);
                return fails(jobs) ? throw new ScriptedDbException(sqlState) : [.. jobs.Select(job => new EnqueueResult.Enqueued(job.Id))];
            },
        };
        return new Admitter(ledger, Options.Create(options ?? new CoordinatorOptions()), clock, logger);
    }
}
