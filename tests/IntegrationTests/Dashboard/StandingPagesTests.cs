using System.Net;
using System.Text.RegularExpressions;
using BusJobs.Api.Dashboard.Live;
using BusJobs.IntegrationTests.Api;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Dashboard;

/// <summary>What pages say of how things stand: figures, charts and rows of real work.</summary>
public sealed partial class StandingPagesTests(SqliteLedgerFixture fixture) : DashboardContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    [Fact]
    public async Task The_overview_draws_depth_throughput_latency_and_failures_over_time()
    {
        using var visit = await Visit.BeginAsync(Story, ApiScopes.Read);
        Assert.Contains("aria-label=\"From due to done: no samples yet\"", (await visit.SeeAsync("/")).Page, StringComparison.Ordinal);
        await SampleAsync();
        await InsertAsync(3, age: TimeSpan.FromMinutes(10));
        Assert.Equal(3, await SettleAsync(Ending.Completed));
        await DeadAsync(2, "x");
        await InsertAsync(4, age: TimeSpan.FromMinutes(20));
        await SampleAsync();

        var (_, page) = await visit.SeeAsync("/");
        Assert.Matches("aria-label=\"Jobs that wait: 4 now, highest 4 in 5 min\"", page);
        Assert.Matches("aria-label=\"Succeeded: [1-9][0-9.,]*/s now", page);
        Assert.Matches("aria-label=\"From due to done: 10 min( \\d+ s)? now", page);
        Assert.Matches("aria-label=\"Failed attempts: [1-9][0-9.,]*/s now", page);
        Assert.Matches("<dt>Oldest waits</dt><dd>20 min( \\d+ s)?</dd>", page);
        Assert.Equal(4, Line.Count(page));
    }

    [Fact]
    public async Task While_nothing_new_is_done_latency_is_how_long_what_runs_has_been_waited_for()
    {
        await InsertAsync(1, age: TimeSpan.FromHours(1));
        Assert.Single(await DispatchAsync());
        await SampleAsync();
        Assert.Equal(3_600, Assert.Single(Story.Services.GetRequiredService<Samples>().All).Latency!.Value, tolerance: 60);
    }

    [Fact]
    public async Task Queues_tell_depth_age_work_in_flight_readers_limits_and_pauses()
    {
        await InsertAsync(2, age: TimeSpan.Zero);
        await DispatchAsync();
        await InsertAsync(3, age: TimeSpan.FromHours(2));
        await HearAsync();
        await Story.PutAsync("/api/limits/kinds/test.job", """{"maxRunning": 7, "rate": {"starts": 100, "per": "1m"}}""");
        await Story.PutAsync("/api/limits/depth/default", """{"jobs": 5000}""");
        using var visit = await Visit.BeginAsync(Story, ApiScopes.Read);
        Assert.Equal(["default", "3", "2 h", "2", "1", "8"], await RowAsync(visit, "/queues"));
        var (_, page) = await visit.SeeAsync("/queues");
        Assert.Contains("<li>kind <strong>test.job</strong>: 7 at once; 100 starts in 1 min</li>", page, StringComparison.Ordinal);
        Assert.Contains("<strong>default</strong>: 5,000 jobs may wait", page, StringComparison.Ordinal);

        await Ledger.PauseAsync(PauseScope.Queue, "default", "ann", "their disk is full", now: null, None);
        Assert.Contains("their disk is full", (await visit.SeeAsync("/queues")).Page, StringComparison.Ordinal);
        Assert.Equal("defaultpaused", (await RowAsync(visit, "/queues"))[0]);
    }

    [Fact]
    public async Task Workers_tell_what_they_read_hold_and_whether_they_drain_and_what_nobody_holds_is_told_beside()
    {
        await InsertAsync(2, age: TimeSpan.Zero);
        var held = Assert.Single(await DispatchAsync());
        await InsertAsync(1, age: TimeSpan.Zero);
        await DispatchAsync();
        await HearAsync(beat => beat with { Held = [held.Id], Draining = true });
        using var visit = await Visit.BeginAsync(Story, ApiScopes.Read);
        var row = await RowAsync(visit, "/workers");
        Assert.Equal(("worker-1drains", "default (8)", "test.job"), (row[0], row[2], row[3]));
        Assert.Matches(@"^2 jobs of default, dispatched .+ ago$", row[4]);
        Assert.Matches("Dispatches that no live worker says it holds(?s:.*)1 job of default, dispatched", (await visit.SeeAsync("/workers")).Page);
    }

    [Fact]
    public async Task A_running_job_tells_how_far_it_is_and_a_dead_group_whom_it_has_met_and_when()
    {
        await InsertAsync(1, age: TimeSpan.Zero);
        var job = Assert.Single(Assert.Single(await DispatchAsync()).Jobs).Id;
        await Ledger.ReportProgressAsync([new JobProgress(job, 42, "page 3 of 7")], None);
        using var visit = await Visit.BeginAsync(Story, ApiScopes.Read);
        Assert.Matches("<progress max=\"100\" value=\"42\" aria-label=\"Progress\"></progress> 42 % page 3 of 7", (await visit.SeeAsync($"/jobs/{job}")).Page);

        await DeadAsync(1, "it broke", tenant: "acme");
        await DeadAsync(1, "it broke", tenant: "globex");
        var page = WebUtility.HtmlDecode((await visit.SeeAsync("/dead")).Page);
        Assert.Matches("Last <time [^>]*>[^<]+ ago</time>, first <time [^>]*>[^<]+ ago</time> · tenants (acme, globex|globex, acme)", page);
    }

    [Fact]
    public async Task Schedules_tell_what_fires_in_the_next_24_hours()
    {
        await Story.MakeScheduleAsync("hourly", rule: "every 6h");
        await Story.MakeScheduleAsync("later", rule: "at 2199-01-01T00:00Z");
        using var visit = await Visit.BeginAsync(Story, ApiScopes.Read);
        var upcoming = (await visit.SeeAsync("/schedules")).Page.Split("The next 24 hours")[1];
        Assert.Equal((4, false), (upcoming.Split("<th scope=\"row\"><a href=\"/schedules/hourly\">").Length - 1, upcoming.Contains("later</a>", StringComparison.Ordinal)));
    }

    private Task SampleAsync() => Story.Services.GetRequiredService<Sampler>().RunOnceAsync(None);

    /// <summary>Jobs that have been due for so long; the door lets nobody say so.</summary>
    private async Task InsertAsync(int count, TimeSpan age)
    {
        var jobs = Enumerable.Range(0, count).Select(_ => NewJob.From(Kind, "default", "{}", options: null, TimeProvider.System)).ToList();
        await Ledger.InsertManyAsync(jobs, transaction: null, None);
        await Fixture.ExecuteAsync($"update busjobs_job set run_at = run_at - {(long)age.TotalMilliseconds} where id in ({string.Join(", ", jobs.Select(job => $"'{job.Id:D}'"))})");
    }

    /// <summary>The text of the cells of the first row.</summary>
    private static async Task<IReadOnlyList<string>> RowAsync(Visit visit, string path)
    {
        var row = (await visit.SeeAsync(path)).Page.Split("<tbody>")[1].Split("</tr>")[0];
        return [.. row.Replace("</th>", "</td>", StringComparison.Ordinal).Split("</td>").SkipLast(1).Select(cell => WebUtility.HtmlDecode(Tag.Replace(cell, "")).Trim())];
    }

    [GeneratedRegex("<[^>]*>", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Tag { get; }

    [GeneratedRegex("<path class=\"line\"", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Line { get; }
}
