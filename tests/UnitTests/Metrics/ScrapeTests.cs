using System.Diagnostics.Metrics;
using BusJobs.Api.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.UnitTests.Metrics;

public sealed class ScrapeTests
{
    [Fact]
    public async Task Meters_are_told_as_they_count_with_cumulative_buckets()
    {
        using var meter = new Meter("BusJobs.ScrapeTests");
        using var host = Host();
        using var scrape = new Scrape(Meters(host));
        var counter = meter.CreateCounter<long>("busjobs.test.things", "{thing}", "Things.");
        var histogram = meter.CreateHistogram("busjobs.test.time", "s", "Time.", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        counter.Add(2, new KeyValuePair<string, object?>("kind", "a"));
        counter.Add(3, new KeyValuePair<string, object?>("kind", "a"));
        foreach (var seconds in new[] { 0.05, 0.1, 0.5, 7 })
        {
            histogram.Record(seconds, new KeyValuePair<string, object?>("kind", "a"));
        }

        meter.CreateObservableGauge("busjobs.test.level", () => 4, "{thing}", "Level.");
        Assert.Equal(
            """
            # HELP busjobs_test_level Level.
            # TYPE busjobs_test_level gauge
            busjobs_test_level 4
            # HELP busjobs_test_things_total Things.
            # TYPE busjobs_test_things_total counter
            busjobs_test_things_total{kind="a"} 5
            # HELP busjobs_test_time_seconds Time.
            # TYPE busjobs_test_time_seconds histogram
            busjobs_test_time_seconds_bucket{kind="a",le="0.1"} 2
            busjobs_test_time_seconds_bucket{kind="a",le="1"} 3
            busjobs_test_time_seconds_bucket{kind="a",le="+Inf"} 4
            busjobs_test_time_seconds_sum{kind="a"} 7.65
            busjobs_test_time_seconds_count{kind="a"} 4

            """.ReplaceLineEndings("\n"),
            string.Concat((await scrape.TextAsync(CancellationToken.None)).Split('\n').Where(line => line.Contains("busjobs_test_", StringComparison.Ordinal)).Select(line => line + "\n")));
    }

    [Fact]
    public async Task A_host_tells_its_own_meters_and_the_process_s_but_not_those_of_another_host()
    {
        using var mine = Host();
        using var other = Host();
        using var scrape = new Scrape(Meters(mine));
        using var everybody = new Meter("BusJobs.ScrapeTests");
        foreach (var (meter, name) in new[] { (Meters(mine).Create("BusJobs.Hosts"), "mine"), (Meters(other).Create("BusJobs.Hosts"), "other"), (everybody, "all") })
        {
            meter.CreateCounter<long>($"busjobs.hosts.{name}").Add(1);
        }

        var told = (await scrape.TextAsync(CancellationToken.None)).Split('\n').Where(line => line.StartsWith("busjobs_hosts_", StringComparison.Ordinal));
        Assert.Equal(["busjobs_hosts_all_total 1", "busjobs_hosts_mine_total 1"], told.Order(StringComparer.Ordinal));
    }

    private static ServiceProvider Host() => new ServiceCollection().AddMetrics().BuildServiceProvider();

    private static IMeterFactory Meters(IServiceProvider host) => host.GetRequiredService<IMeterFactory>();
}
