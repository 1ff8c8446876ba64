using System.Globalization;
using System.Text.RegularExpressions;
using BusJobs.Api.Metrics;
using FsCheck;
using FsCheck.Fluent;

namespace BusJobs.UnitTests.Metrics;

/// <summary>The text format of Prometheus, version 0.0.4, to the letter.</summary>
public sealed partial class PrometheusTextTests
{
    [GeneratedRegex("""\A([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*"(,(?=[a-zA-Z_]))?)+\})? ([0-9.Ee+-]+|\+Inf|-Inf|NaN)\z""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Sample { get; }

    [GeneratedRegex(@"\\.", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Escaped { get; }

    [Fact]
    public void A_family_has_its_help_its_type_and_its_samples_and_comes_once()
    {
        var text = new PrometheusText();
        text.Open("b_total", "counter", "A \\ and\na line.")!.Add(PrometheusText.Labels([new("queue", "a\"b\\c\nd"), new("ok", true)]), 3);
        text.Open("a", "gauge", "")!.Add("", 1.5);
        text.Open("b_total", "counter", "again")!.Add("", 2);
        text.Open("b_total", "counter", "again")!.Add("", 1);
        text.Open("a", "gauge", "")!.Add("", 2.5);
        Assert.Null(text.Open("a", "counter", ""));
        Assert.Equal(
            """
            # TYPE a gauge
            a 2.5
            # HELP b_total A \\ and\na line.
            # TYPE b_total counter
            b_total{queue="a\"b\\c\nd",ok="true"} 3
            b_total 3

            """.ReplaceLineEndings("\n"),
            text.ToString());
    }

    [Theory]
    [InlineData("busjobs.worker.job.duration", "s", false, "busjobs_worker_job_duration_seconds")]
    [InlineData("busjobs.jobs.started", "{job}", true, "busjobs_jobs_started_total")]
    [InlineData("busjobs.api.waiting_bytes", "By", false, "busjobs_api_waiting_bytes")]
    [InlineData("a.total", "", true, "a_total")]
    [InlineData("9 lives/übrig--", "1", false, "_9_lives_brig_")]
    [InlineData("load", "%", false, "load_percent")]
    [InlineData("speed", "m/s", false, "speed_m_s")]
    public void Names_have_their_unit_and_counters_end_in_total(string instrument, string unit, bool isCounter, string expected) =>
        Assert.Equal(expected, PrometheusName.Of(instrument, unit, isCounter));

    [Theory]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(1e21, "1E+21")]
    [InlineData(0.1, "0.1")]
    [InlineData(-5, "-5")]
    public void Numbers_are_written_as_Prometheus_reads_them(double value, string expected) => Assert.Equal(expected, PrometheusText.Number(value));

    [Fact]
    public void Whatever_stands_in_a_label_is_one_sample_on_one_line_that_says_the_same() => Prop.ForAll<string, string, double>((tag, value, number) =>
    {
        var text = new PrometheusText();
        text.Open("m", "gauge", value ?? "")!.Add(PrometheusText.Labels([new(tag ?? "", value), new("x", 1)]), number);
        var lines = text.ToString().Split('\n');
        Assert.Equal("", lines[^1]);
        Assert.Matches(Sample, lines[^2]);
        Assert.Equal(number, Parse(lines[^2].Split(' ')[^1]));
        Assert.Equal(value ?? "", Unescape(lines[^2]));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_label_has_a_bounded_number_of_values()
    {
        var cap = new LabelCap(2);
        Assert.Equal(["a", "b", "other", "a", "other"], new[] { "a", "b", "c", "a", "d" }.Select(cap.Of));
    }

    private static double Parse(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    /// <summary>The value of the first label.</summary>
    private static string Unescape(string line)
    {
        var start = line.IndexOf('"', StringComparison.Ordinal) + 1;
        var end = line.IndexOf("\",x=\"", start, StringComparison.Ordinal) is >= 0 and var next ? next : line.LastIndexOf('"');
        return Escaped.Replace(line[start..end], match => match.Value[1] == 'n' ? "\n" : match.Value[1..]);
    }
}
