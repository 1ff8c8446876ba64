using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Rules;

public abstract class PauseContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private Task PauseAsync(PauseScope scope, string name, string? reason = null) =>
        Ledger.PauseAsync(scope, name, "ann", reason, T0, CancellationToken.None);

    private Task<bool> ResumeAsync(PauseScope scope, string name) => Ledger.ResumeAsync(scope, name, CancellationToken.None);

    private async Task<List<string>> ReadyQueuesAsync() => [.. (await Ledger.SurveyAsync(T0, CancellationToken.None)).Ready.Select(lane => lane.Queue)];

    [Fact]
    public async Task A_pause_is_kept_with_who_why_and_when_until_it_is_resumed()
    {
        await PauseAsync(PauseScope.Tenant, "acme", "they asked us to");
        await PauseAsync(PauseScope.Queue, "mail");

        Assert.Equal(
            [new Pause(PauseScope.Queue, "mail", "ann", Reason: null, T0), new Pause(PauseScope.Tenant, "acme", "ann", "they asked us to", T0)],
            await Ledger.PausesAsync(CancellationToken.None));
        Assert.True(await ResumeAsync(PauseScope.Queue, "mail"));
        Assert.False(await ResumeAsync(PauseScope.Queue, "mail"));
        Assert.Equal("acme", Assert.Single(await Ledger.PausesAsync(CancellationToken.None)).Name);
    }

    [Fact]
    public async Task Pausing_again_replaces_who_why_and_when()
    {
        await PauseAsync(PauseScope.Kind, Kind, "the first reason");
        await Ledger.PauseAsync(PauseScope.Kind, Kind, "bob", "another", T0.AddMinutes(1), CancellationToken.None);

        var pause = Assert.Single(await Ledger.PausesAsync(CancellationToken.None));
        Assert.Equal(("bob", "another", T0.AddMinutes(1)), (pause.By, pause.Reason, pause.At));
    }

    [Theory]
    [InlineData("", "ann", null, "queue")]
    [InlineData("No Name", "ann", null, "queue")]
    [InlineData("mail", "", null, "by")]
    [InlineData("mail", "a\nb", null, "by")]
    [InlineData("mail", "ann", "a\0b", "reason")]
    public async Task A_pause_that_says_too_little_is_refused(string name, string by, string? reason, string field)
    {
        var refusal = await Assert.ThrowsAsync<JobRefusedException>(
            () => Ledger.PauseAsync(PauseScope.Queue, name, by, reason, T0, CancellationToken.None));
        Assert.Equal(field, refusal.Field);
        Assert.Empty(await Ledger.PausesAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_paused_queue_takes_jobs_in_and_is_not_surveyed_until_it_is_resumed()
    {
        await InsertAsync();
        await PauseAsync(PauseScope.Queue, Queue);
        await InsertAsync();
        await InsertAsync(Job(queue: "other"));

        Assert.Equal(["other"], await ReadyQueuesAsync());
        await ResumeAsync(PauseScope.Queue, Queue);
        Assert.Equal(["other", Queue], await ReadyQueuesAsync());
        Assert.Equal(2, (await ClaimAsync()).Sum(dispatch => dispatch.Jobs.Count));
    }

    [Theory]
    [InlineData(PauseScope.Kind)]
    [InlineData(PauseScope.Tenant)]
    public async Task Jobs_of_a_paused_kind_or_tenant_wait_while_others_pass_them(PauseScope scope)
    {
        await AddAsync([.. Jobs(30).Select(job => job with { Kind = "test.held", Tenant = "acme" })]);
        var free = await InsertAsync(Job() with { Tenant = scope == PauseScope.Kind ? "acme" : "other" });
        await PauseAsync(scope, scope == PauseScope.Kind ? "test.held" : "acme");

        Assert.Equal([free], (await ClaimAsync()).SelectMany(dispatch => dispatch.Jobs).Select(job => job.Id));
        Assert.Empty(await ClaimAsync());
        await ResumeAsync(scope, scope == PauseScope.Kind ? "test.held" : "acme");
        Assert.Equal(30, (await ClaimAsync()).Sum(dispatch => dispatch.Jobs.Count));
    }

    [Fact]
    public async Task Paused_jobs_do_not_hide_the_job_behind_them_and_are_passed_over_once_each()
    {
        await AddAsync([.. Jobs(1_000).Select(job => job with { Kind = "test.held" })]);
        var free = await InsertAsync();
        await PauseAsync(PauseScope.Kind, "test.held");
        var moved = 0;
        Claimed claim;
        do
        {
            claim = await Ledger.ClaimAsync(Queue, Lane.Normal, 100, PacksOf(10), T0, CancellationToken.None);
            moved += claim.Moved;
        }
        while (claim is { Moved: > 0, Dispatches: [] });

        Assert.Equal(free, Assert.Single(Assert.Single(claim.Dispatches).Jobs).Id);
        Assert.Equal(1_000, moved);
        Assert.Equal(0, (await Ledger.ClaimAsync(Queue, Lane.Normal, 100, PacksOf(10), T0, CancellationToken.None)).Moved);
        Assert.Equal(1_000, (await CountsAsync()).Ready);
    }

    [Fact]
    public async Task Another_coordinator_that_knew_older_rules_obeys_a_pause_at_its_next_claim()
    {
        await using var other = Fixture.OpenAnother();
        await AddAsync(Jobs(3));
        Assert.Single((await other.ClaimAsync(Queue, Lane.Normal, 1, PacksOf(1), T0, CancellationToken.None)).Dispatches);
        await PauseAsync(PauseScope.Kind, Kind);
        Assert.Empty((await other.ClaimAsync(Queue, Lane.Normal, 1, PacksOf(1), T0, CancellationToken.None)).Dispatches);
        await PauseAsync(PauseScope.Queue, Queue);
        await ResumeAsync(PauseScope.Kind, Kind);
        Assert.Empty((await other.ClaimAsync(Queue, Lane.Normal, 1, PacksOf(1), T0, CancellationToken.None)).Dispatches);
        await ResumeAsync(PauseScope.Queue, Queue);
        Assert.Single((await other.ClaimAsync(Queue, Lane.Normal, 1, PacksOf(1), T0, CancellationToken.None)).Dispatches);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_resume_wakes_a_coordinator_that_sleeps(bool elsewhere)
    {
        await PauseAsync(PauseScope.Queue, Queue);
        await using var sleeper = Fixture.OpenAnother();
        var asleep = new TaskCompletionSource();
        var sleep = sleeper.WaitForWorkAsync(
            TimeSpan.FromMinutes(5),
            _ =>
            {
                asleep.SetResult();
                return Task.FromResult(false);
            },
            CancellationToken.None);
        await asleep.Task;
        await (elsewhere ? Ledger : sleeper).ResumeAsync(PauseScope.Queue, Queue, CancellationToken.None);

        await sleep.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Empty(await Ledger.PausesAsync(CancellationToken.None));
    }
}
