using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Admission;

/// <summary>Many callers, one key.</summary>
public abstract class RaceContract(LedgerFixture fixture) : AdmissionContract(fixture)
{
    private const int Callers = 50;

    public static TheoryData<int, UniqueScope> Races => new()
    {
        { 1, UniqueScope.WhileActive }, { 2, UniqueScope.WhileActive }, { 3, UniqueScope.WhileActive }, { 4, UniqueScope.For }, { 5, UniqueScope.For },
    };

    [Theory]
    [MemberData(nameof(Races))]
    public async Task Of_fifty_callers_with_random_rollbacks_one_job_is_active_when_any_of_them_committed(int seed, UniqueScope scope)
    {
        var random = new Random(seed);
        for (var round = 0; round < 4; round++)
        {
            var key = $"key-{round}";
            var commits = Enumerable.Range(0, Callers).Select(_ => random.Next(4) == 0).ToList();
            var calls = await Task.WhenAll(commits.Select(commit => Task.Run(() => CallAsync(key, scope, commit))));
            var committed = calls.Where(call => call.Committed).ToList();

            var winners = committed.Select(call => call.Answer).OfType<EnqueueResult.Enqueued>().ToList();
            Assert.Equal(committed.Count > 0 ? 1 : 0, winners.Count);
            Assert.All(committed, call => Assert.Equal(winners[0].JobId, call.Answer.Id));
            Assert.Equal(winners.Count, await ActiveAsync(key));
        }
    }

    [Fact]
    public async Task A_duplicate_whose_winner_rolls_back_is_enqueued_instead()
    {
        await using var connection = await Fixture.ConnectAsync();
        await using var first = await connection.BeginTransactionAsync();
        Assert.IsType<EnqueueResult.Enqueued>(await EnqueueAsync(Keyed("a"), first));
        var second = Task.Run(() => EnqueueAsync(Keyed("a")));
        await first.RollbackAsync();

        Assert.IsType<EnqueueResult.Enqueued>(await second);
        Assert.Equal(1, (await CountsAsync()).Ready);
    }

    [Fact]
    public async Task Batches_that_share_keys_in_different_orders_do_not_wait_in_a_circle()
    {
        var keys = Enumerable.Range(0, 200).Select(number => $"key-{number}").ToList();
        var batches = Enumerable.Range(0, 8).Select(seed => keys.OrderBy(key => (key + seed).GetHashCode(StringComparison.Ordinal)).Select(Keyed).ToList());
        var answers = await Task.WhenAll(batches.Select(batch => Task.Run(() => Ledger.InsertManyAsync(batch, null, CancellationToken.None))));

        Assert.Equal(200, answers.Sum(batch => batch.Count(answer => answer is EnqueueResult.Enqueued)));
        Assert.Equal(200, (await CountsAsync()).Ready);
    }

    [Fact]
    public async Task While_jobs_end_and_come_there_are_never_two_active_and_the_last_update_is_seen()
    {
        using var stop = new CancellationTokenSource();
        var running = Task.Run(() => RunAsync(stop.Token));
        var last = await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(() => UpdateAsync(caller))));
        await stop.CancelAsync();
        var seen = await running;

        Assert.All(last, update => Assert.Contains(update, seen));
    }

    private async Task<(EnqueueResult Answer, bool Committed)> CallAsync(string key, UniqueScope scope, bool commit)
    {
        await using var connection = await Fixture.ConnectAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var unique = scope == UniqueScope.For ? Unique.For(key, TimeSpan.FromHours(1)) : Unique.WhileActive(key);
        var answer = await EnqueueAsync(Job() with { Unique = unique, Tags = [key] }, transaction);
        await (commit ? transaction.CommitAsync() : transaction.RollbackAsync());
        return (answer, commit);
    }

    private async Task<int> ActiveAsync(string key)
    {
        await using var context = Fixture.NewContext();
        return context.Jobs.Count(job => job.Tags!.Contains(key) && job.State <= LedgerState.Dispatched);
    }

    /// <summary>Replaces the payload again and again, as a source of changes does.</summary>
    private async Task<string> UpdateAsync(int caller)
    {
        var payload = "";
        for (var i = 0; i < 40; i++)
        {
            payload = $$"""{"n":{{(caller * 1_000) + i}}}""";
            // Each caller has a key of its own in turn with the others' one, so that the last update of each can be told.
            await EnqueueAsync(Replacing($"key-{caller}", 0) with { Payload = payload });
            await EnqueueAsync(Keyed("shared"));
        }

        return payload;
    }

    /// <summary>Runs what is there until nothing is left, and gives all payloads it saw.</summary>
    private async Task<HashSet<string>> RunAsync(CancellationToken stop)
    {
        var seen = new HashSet<string>();
        while (true)
        {
            var wasStopped = stop.IsCancellationRequested;
            var dispatches = await ClaimAsync();
            var jobs = dispatches.SelectMany(dispatch => dispatch.Jobs).ToList();
            Assert.Equal(jobs.Count, await DistinctKeysAsync(jobs.ConvertAll(job => job.Id)));
            seen.UnionWith(jobs.Select(job => job.Payload));
            foreach (var dispatch in dispatches)
            {
                await SettleAsync(dispatch, Ending.Completed);
            }

            await Ledger.ReleaseAsync(100, now: null, CancellationToken.None);
            if (wasStopped && (await CountsAsync()).Live == 0)
            {
                return seen;
            }
        }
    }

    private async Task<int> DistinctKeysAsync(List<Guid> jobs)
    {
        await using var context = Fixture.NewContext();
        return context.Jobs.Where(job => jobs.Contains(job.Id)).Select(job => job.UniqueKey).Distinct().Count();
    }
}
