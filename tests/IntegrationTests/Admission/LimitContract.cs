using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Admission;

/// <summary>Limits at the door.</summary>
public abstract class LimitContract(LedgerFixture fixture) : AdmissionContract(fixture), IAsyncLifetime
{
    /// <summary>What a ledger remembers of limits and depths must not pass from one test to the next.</summary>
    async Task IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        Door = Fixture.OpenAnother();
    }

    async Task IAsyncLifetime.DisposeAsync() => await Door.DisposeAsync();

    private ILedger Door { get; set; } = null!;

    [Theory]
    [InlineData(3)]
    [InlineData(150)]
    [InlineData(1_000)]
    public async Task Of_many_callers_no_more_pass_than_the_limit_says_and_other_tenants_and_kinds_are_untouched(int limit)
    {
        await SetAsync(DoorLimit.PerMinute(Kind, limit));
        var answers = await Task.WhenAll(Enumerable.Range(0, limit + 50).Select(_ => Task.Run(() => EnqueueAtDoorAsync(Of("org-1")))));

        var passed = answers.Count(answer => answer is EnqueueResult.Enqueued);
        // Of a large limit, a process takes places in blocks, and loses those that it has not used within a second.
        Assert.InRange(passed, limit < 200 ? limit : limit / 2, limit);
        Assert.All(answers.OfType<EnqueueResult.RateLimited>(), limited => Assert.InRange(limited.RetryAfter, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(61)));
        Assert.Equal(limit + 50 - passed, answers.OfType<EnqueueResult.RateLimited>().Count());
        Assert.IsType<EnqueueResult.Enqueued>(await EnqueueAtDoorAsync(Of("org-2")));
        Assert.IsType<EnqueueResult.Enqueued>(await EnqueueAtDoorAsync(Job()));
        Assert.IsType<EnqueueResult.Enqueued>(await EnqueueAtDoorAsync(Of("org-1") with { Kind = "test.other" }));
        Assert.Equal(passed + 3, (await CountsAsync()).Ready);
    }

    [Fact]
    public async Task Of_many_jobs_in_one_call_the_first_of_each_tenant_pass_and_each_gets_its_answer()
    {
        await SetAsync(DoorLimit.PerMinute(Kind, 10));
        await SetAsync(DoorLimit.PerMinute(Kind, 20, "org-2"));
        await SetAsync(DoorLimit.PerMinute(Kind, null, "org-3"));
        List<NewJob> jobs = [.. Enumerable.Range(0, 90).Select(number => Of($"org-{1 + (number % 3)}"))];
        var answers = await Door.InsertManyAsync(jobs, null, CancellationToken.None);

        Assert.Equal([10, 20, 30], Enumerable.Range(1, 3).Select(org => jobs.Zip(answers).Count(one => one.First.Tenant == $"org-{org}" && one.Second is EnqueueResult.Enqueued)));
        Assert.Equal(answers.Select(answer => answer.Id), jobs.Zip(answers, (job, answer) => answer is EnqueueResult.Enqueued ? job.Id : (Guid?)null));
        Assert.Equal(60, (await CountsAsync()).Ready);
    }

    [Fact]
    public async Task Two_processes_share_one_minute()
    {
        await SetAsync(DoorLimit.PerMinute(Kind, 500));
        await using var other = Fixture.OpenAnother();
        ILedger[] doors = [Door, other];
        var answers = await Task.WhenAll(Enumerable.Range(0, 700).Select(number => Task.Run(
            () => doors[number % 2].InsertAsync(Of("org-1"), null, CancellationToken.None))));

        // Places of one process may be unused while the other is turned away.
        Assert.InRange(answers.Count(answer => answer is EnqueueResult.Enqueued), 250, 500);
    }

    [Fact]
    public async Task A_duplicate_takes_no_place_and_a_retried_call_is_not_turned_away()
    {
        await SetAsync(DoorLimit.PerMinute(Kind, 2));
        var (first, second) = (Keyed("a") with { Tenant = "org-1" }, Of("org-1"));
        await EnqueueAtDoorAsync(first);

        Assert.Equal(new EnqueueResult.Duplicate(first.Id), await EnqueueAtDoorAsync(Keyed("a") with { Tenant = "org-1" }));
        Assert.IsType<EnqueueResult.Enqueued>(await EnqueueAtDoorAsync(second));
        Assert.IsType<EnqueueResult.RateLimited>(await EnqueueAtDoorAsync(Of("org-1")));
        Assert.Equal(new EnqueueResult.Duplicate(second.Id), await EnqueueAtDoorAsync(second));
    }

    [Fact]
    public async Task A_limit_that_is_raised_or_lifted_holds_at_once_where_it_was_set()
    {
        await SetAsync(DoorLimit.PerMinute(Kind, 1));
        await EnqueueAtDoorAsync(Of("org-1"));
        Assert.IsType<EnqueueResult.RateLimited>(await EnqueueAtDoorAsync(Of("org-1")));
        await SetAsync(DoorLimit.PerMinute(Kind, 2));
        Assert.IsType<EnqueueResult.Enqueued>(await EnqueueAtDoorAsync(Of("org-1")));
        Assert.IsType<EnqueueResult.RateLimited>(await EnqueueAtDoorAsync(Of("org-1")));
        await SetAsync(DoorLimit.PerMinute(Kind, null));

        Assert.IsType<EnqueueResult.Enqueued>(await EnqueueAtDoorAsync(Of("org-1")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_place_is_taken_within_the_callers_transaction_too(bool commit)
    {
        await SetAsync(DoorLimit.PerMinute(Kind, 1));
        await using (var connection = await Fixture.ConnectAsync())
        {
            await using var transaction = await connection.BeginTransactionAsync();
            Assert.IsType<EnqueueResult.Enqueued>(await Door.InsertAsync(Of("org-1"), transaction, CancellationToken.None));
            Assert.IsType<EnqueueResult.RateLimited>(await Door.InsertAsync(Of("org-1"), transaction, CancellationToken.None));
            await (commit ? transaction.CommitAsync() : transaction.RollbackAsync());
        }

        Assert.Equal(commit ? 1 : 0, (await CountsAsync()).Ready);
    }

    [Fact]
    public async Task A_full_queue_sheds_and_other_queues_do_not()
    {
        await SetAsync(DoorLimit.Depth(Queue, 100));
        await Ledger.InsertManyAsync([.. Jobs(60), .. Enumerable.Range(0, 20).Select(_ => Of("org-1"))], null, CancellationToken.None);
        var answers = await Door.InsertManyAsync(Jobs(50), null, CancellationToken.None);

        Assert.Equal(20, answers.Count(answer => answer is EnqueueResult.Enqueued));
        Assert.All(answers.Skip(20), answer => Assert.InRange(Assert.IsType<EnqueueResult.Shed>(answer).RetryAfter, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1)));
        Assert.IsType<EnqueueResult.Enqueued>(await Door.InsertAsync(Job(queue: "other"), null, CancellationToken.None));
        Assert.Equal(101, (await CountsAsync()).Ready);
    }

    [Fact]
    public async Task Limits_are_kept_and_listed_and_a_declared_one_does_not_overrule_one_set_at_runtime()
    {
        await SetAsync(DoorLimit.PerMinute("b", 5));
        await Door.SetDoorLimitAsync(DoorLimit.PerMinute("b", 6), declared: true, CancellationToken.None);
        await Door.SetDoorLimitAsync(DoorLimit.PerMinute("a", 1, "org-1"), declared: true, CancellationToken.None);
        await Door.SetDoorLimitAsync(DoorLimit.PerMinute("a", 2, "org-1"), declared: true, CancellationToken.None);
        await SetAsync(DoorLimit.Depth("q", null));

        Assert.Equal(
            [DoorLimit.PerMinute("a", 2, "org-1"), DoorLimit.PerMinute("b", 5), DoorLimit.Depth("q", null)],
            await Ledger.DoorLimitsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_is_no_limit_is_refused_in_one_sentence()
    {
        DoorLimit[] bad =
        [
            DoorLimit.PerMinute("No name", 1), DoorLimit.PerMinute("a", 0), DoorLimit.PerMinute("a", DoorLimit.MaxJobs + 1), DoorLimit.PerMinute("a", 1, "!"),
            DoorLimit.Depth("a", -1), DoorLimit.Depth("a", 1) with { Tenant = "t" }, DoorLimit.Depth("a", 1) with { Rule = (DoorRule)7 },
        ];

        foreach (var limit in bad)
        {
            await Assert.ThrowsAsync<JobRefusedException>(() => SetAsync(limit));
        }

        Assert.Empty(await Ledger.DoorLimitsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Grants_whose_minute_is_over_are_forgotten()
    {
        await SetAsync(DoorLimit.PerMinute(Kind, 5));
        await EnqueueAtDoorAsync(Of("org-1"));
        Assert.Equal(0, await Door.SweepAsync(10, now: null, CancellationToken.None));

        Assert.Equal(1, await Door.SweepAsync(10, T0.AddMinutes(5), CancellationToken.None));
        Assert.Equal(0, await RowsAsync("door_minute"));
    }

    private static NewJob Of(string tenant) => Job() with { Tenant = tenant };

    private Task SetAsync(DoorLimit limit) => Door.SetDoorLimitAsync(limit, declared: false, CancellationToken.None);

    private Task<EnqueueResult> EnqueueAtDoorAsync(NewJob job) => Door.InsertAsync(job, null, CancellationToken.None);
}
