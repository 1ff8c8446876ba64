using BusJobs.IntegrationTests.Api;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Dashboard;

public sealed class SchedulePagesTests(SqliteLedgerFixture fixture) : DashboardContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    private const string Path = "/schedules/nightly";

    [Fact]
    public async Task An_operator_pauses_a_schedule_and_lets_it_go_on()
    {
        await Story.MakeScheduleAsync("nightly");
        using var visit = await Visit.BeginAsync(Story, ApiScopes.Read | ApiScopes.Operate);
        var (status, paused) = await visit.DoAsync($"{Path}/pause", Path);
        Assert.Equal(200, status);
        Assert.Contains("The schedule is paused: it fires no more until it is resumed.", paused, StringComparison.Ordinal);
        Assert.Contains($"action=\"{Path}/resume\"", paused, StringComparison.Ordinal);
        Assert.True(await IsPausedAsync());

        Assert.Contains("The schedule goes on", (await visit.DoAsync($"{Path}/resume", Path)).Page, StringComparison.Ordinal);
        Assert.False(await IsPausedAsync());
        Assert.Equal([("schedule.resume", "nightly", "resumed"), ("schedule.pause", "nightly", "paused")], (await AuditAsync()).Take(2));
    }

    [Fact]
    public async Task An_operator_runs_a_schedule_now_and_comes_to_its_job()
    {
        await Story.MakeScheduleAsync("nightly", more: """, "overlap": "skip" """);
        using var visit = await Visit.BeginAsync(Story, ApiScopes.Read | ApiScopes.Operate);
        var (_, page) = await visit.DoAsync($"{Path}/run", Path);
        Assert.Contains("A job is enqueued, beside the schedule's own fires.", page, StringComparison.Ordinal);
        var job = Assert.Single((await Ledger.ListAsync(new JobFilter(), after: null, 10, None)).Jobs);
        Assert.Contains($"/jobs/{job.Id}", page, StringComparison.Ordinal);

        Assert.Contains("No job is enqueued: an earlier one has not ended", (await visit.DoAsync($"{Path}/run", Path)).Page, StringComparison.Ordinal);
        Assert.Equal(1, (await Ledger.CountsAsync(None)).Ready);
        Assert.Equal([("schedule.run", "skipped"), ("schedule.run", $"job {job.Id}")], (await AuditAsync()).Take(2).Select(entry => (entry.What, entry.Result)));
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("run")]
    public async Task A_viewer_is_offered_no_action_and_refused_each(string action)
    {
        await Story.MakeScheduleAsync("nightly");
        var before = await AuditAsync();
        using var viewer = await Visit.BeginAsync(Story, ApiScopes.Read);
        foreach (var path in (string[])["/schedules", Path])
        {
            Assert.DoesNotMatch("<form method=\"post\" action=\"/(?!signout)", (await viewer.SeeAsync(path)).Page);
        }

        Assert.Equal(403, (await viewer.DoAsync($"{Path}/{action}", Path)).Status);
        Assert.False(await IsPausedAsync());
        Assert.Equal(0, (await Ledger.CountsAsync(None)).Live);
        Assert.Equal(before, await AuditAsync());
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("run")]
    public async Task A_schedule_that_is_not_there_or_anothers_is_told_and_not_touched(string action)
    {
        await Story.MakeScheduleAsync("nightly", more: """, "tenant": "other" """);
        using var bound = await Visit.BeginAsync(Story, ApiScopes.Admin, "acme");
        Assert.Equal(404, (await bound.DoAsync($"{Path}/{action}")).Status);
        using var visit = await Visit.BeginAsync(Story);
        var (status, page) = await visit.DoAsync($"/schedules/none/{action}");
        Assert.Equal(404, status);
        Assert.Contains("There is no schedule 'none'.", page, StringComparison.Ordinal);
        Assert.False(await IsPausedAsync());
        Assert.Equal(0, (await Ledger.CountsAsync(None)).Live);
    }

    private async Task<bool> IsPausedAsync() => (await Story.GetAsync("/api/schedules/nightly")).Body.GetProperty("paused").GetBoolean();
}
