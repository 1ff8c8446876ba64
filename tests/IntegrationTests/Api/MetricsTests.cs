using System.Net.Http.Headers;
using System.Text.Json;
using BusJobs.Api.Metrics;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Ledger.Upkeep;
using BusJobs.Scheduling.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BusJobs.IntegrationTests.Api;

public sealed class MetricsTests(SqliteLedgerFixture fixture) : ApiContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    [Fact]
    public async Task Metrics_tell_what_came_in_and_what_waits_in_the_format_of_Prometheus()
    {
        await Story.EnqueueAsync(""", "queue": "metrics-test" """);
        await Story.EnqueueAsync(""", "queue": "metrics-test" """);
        var store = Story.Services.GetRequiredService<IUpkeepStore>();
        await store.SaveReportAsync(
            new LedgerReport(TimeProvider.System.GetUtcNow(), await store.DepthsAsync(now: null, CancellationToken.None), [new KindCounts("test.job", 1, 7, 0, 0)]),
            CancellationToken.None);

        using var response = await Story.Http.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n');
        // Other tests of this process enqueue as well, and may have used up the names of queues.
        var enqueued = lines.Where(line => line.StartsWith("busjobs_jobs_enqueued_total{answer=\"enqueued\",queue=\"", StringComparison.Ordinal));
        Assert.InRange(enqueued.Sum(line => long.Parse(line.Split(' ')[1])), 2, long.MaxValue);
        Assert.Contains("busjobs_queue_jobs{queue=\"metrics-test\",state=\"ready\"} 2", lines);
        Assert.Contains("busjobs_jobs_dead{kind=\"test.job\"} 7", lines);
        Assert.Contains("# TYPE busjobs_queue_oldest_age_seconds gauge", lines);
        Assert.Equal(lines.Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Distinct().Count(), lines.Count(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_scraper_needs_a_key_that_reads_for_all_tenants()
    {
        using var nobody = Story.Caller(key: null);
        using var reader = Story.Caller(await Story.KeyAsync(ApiScopes.Read));
        using var tenant = Story.Caller(await Story.KeyAsync(ApiScopes.Read, "acme"));
        Assert.Equal((401, 200, 403), (await StatusAsync(nobody), await StatusAsync(reader), await StatusAsync(tenant)));
    }

    [Theory]
    [InlineData("127.0.0.1", 200)]
    [InlineData("127.0.0.0/8", 200)]
    [InlineData("10.0.0.0/8", 401)]
    [InlineData("::/0", 401)]
    public async Task A_scraper_at_a_known_address_needs_none_and_reads_nothing_else(string network, int expected)
    {
        await using var story = await ApiStory.StartAsync(Fixture, metrics: metrics => metrics.ScrapeFrom.Add(network));
        using var nobody = story.Caller(key: null);
        Assert.Equal(expected, await StatusAsync(nobody));
        using (var jobs = await nobody.GetAsync("/api/jobs"))
        {
            Assert.Equal(401, (int)jobs.StatusCode);
        }

        nobody.DefaultRequestHeaders.Add("X-Forwarded-For", "127.0.0.1");
        Assert.Equal(401, await StatusAsync(nobody));
        nobody.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "bj_wrong");
        Assert.Equal(401, await StatusAsync(nobody));
    }

    [Theory]
    [InlineData("prometheus")]
    [InlineData("10.0.0.0/33")]
    [InlineData("")]
    public async Task An_address_that_is_none_is_refused_at_the_start(string network)
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => ApiStory.StartAsync(Fixture, metrics: metrics => metrics.ScrapeFrom.Add(network)));
        Assert.Contains("ScrapeFrom", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task How_far_a_count_was_off_is_told_once_it_is_mended()
    {
        const int Off = 50;
        await using var story = await ApiStory.StartAsync(Fixture, services: services => services.AddSingleton<SchedulerIdentity>().AddSingleton<TimedService, Reconciler>());
        for (var i = 0; i < Off; i++)
        {
            await story.EnqueueAsync();
        }

        await Fixture.ExecuteAsync($"update {Fixture.Table("job")} set state = 4, finished_at = enqueued_at");
        var run = await story.PostAsync("/api/services/reconcile/runs", "");
        Assert.Equal($"dead jobs counted wrong, and mended: test.job 0 in place of {Off}", run.Body.GetProperty("did").GetString());
        var before = await DriftAsync(story);
        // Other tests of this process mend a count, too; each is off by one or two.
        Assert.InRange(before, Off, 2 * Off - 1);
        Assert.Equal(JsonValueKind.Null, (await story.PostAsync("/api/services/reconcile/runs", "")).Body.GetProperty("did").ValueKind);
        Assert.InRange(await DriftAsync(story), before, 2 * Off - 1);
    }

    [Fact]
    public async Task Services_tell_when_they_last_ran_and_what_they_did()
    {
        var store = Story.Services.GetRequiredService<IUpkeepStore>();
        await store.RecordRunAsync(new ServiceRun("reclaim", TimeProvider.System.GetUtcNow(), TimeSpan.FromSeconds(1.5), "2 dispatches taken back", Error: null), CancellationToken.None);
        await store.RecordRunAsync(new ServiceRun("reclaim", TimeProvider.System.GetUtcNow(), TimeSpan.Zero, Did: null, Error: null), CancellationToken.None);
        var service = Assert.Single((await Story.GetAsync("/api/services")).Body.EnumerateArray());
        Assert.Equal("reclaim", service.GetProperty("name").GetString());
        var run = Assert.Single((await Story.GetAsync("/api/services/reclaim/runs")).Body.EnumerateArray());
        Assert.Equal((1.5, "2 dispatches taken back"), (run.GetProperty("tookSeconds").GetDouble(), run.GetProperty("did").GetString()));
        Assert.Equal(400, (await Story.GetAsync("/api/services/reclaim/runs?limit=0")).Status);
    }

    [Theory]
    [InlineData("127.0.0.1", 200)]
    [InlineData("10.0.0.0/8", 403)]
    public async Task A_process_without_the_API_knows_no_keys_and_goes_by_addresses(string network, int expected)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddBusJobsMetrics(metrics => metrics.ScrapeFrom.Add(network));
        await using var app = builder.Build();
        app.MapBusJobsMetrics();
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        Assert.Equal(expected, await StatusAsync(http));
        http.DefaultRequestHeaders.Add("X-Forwarded-For", "127.0.0.1");
        Assert.Equal(403, await StatusAsync(http));
    }

    private static async Task<long> DriftAsync(ApiStory story)
    {
        const string Counter = "busjobs_tally_drift_total ";
        var lines = (await story.Http.GetStringAsync("/metrics")).Split('\n');
        return long.Parse(Assert.Single(lines, line => line.StartsWith(Counter, StringComparison.Ordinal))[Counter.Length..]);
    }

    private static async Task<int> StatusAsync(HttpClient http)
    {
        using var response = await http.GetAsync("/metrics");
        return (int)response.StatusCode;
    }
}
