using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace BusJobs.Api.Metrics;

/// <summary>Writes what the SDK of OpenTelemetry has collected as text. The SDK calls it for one collection at a time.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    public Func<int, bool>? Collect { get; set; }

    /// <summary>The latest collection.</summary>
    public string Text { get; private set; } = "";

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var text = new PrometheusText();
        foreach (var metric in batch)
        {
            Write(metric, text);
        }

        Text = text.ToString();
        return ExportResult.Success;
    }

    private static void Write(Metric metric, PrometheusText text)
    {
        var type = metric.MetricType;
        if (type == MetricType.ExponentialHistogram)
        {
            // The format has no such thing, and no instrument here asks for one.
            return;
        }

        var word = type == MetricType.Histogram ? "histogram" : type is MetricType.LongSum or MetricType.DoubleSum ? "counter" : "gauge";
        if (text.Open(PrometheusName.Of(metric.Name, metric.Unit, word == "counter"), word, metric.Description) is not { } family)
        {
            return;
        }

        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            var labels = PrometheusText.Labels(Tags(point));
            if (type == MetricType.Histogram)
            {
                WriteHistogram(point, labels, family);
            }
            else
            {
                family.Add(labels, Value(type, point));
            }
        }
    }

    /// <summary>Buckets of the format hold everything up to their bound, and the last holds all.</summary>
    private static void WriteHistogram(in MetricPoint point, string labels, PrometheusText.Family family)
    {
        var count = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            count += bucket.BucketCount;
            family.Add(PrometheusText.Bucket(labels, bucket.ExplicitBound), count, "_bucket");
        }

        family.Add(labels, point.GetHistogramSum(), "_sum");
        family.Add(labels, point.GetHistogramCount(), "_count");
    }

    private static double Value(MetricType type, in MetricPoint point) => type switch
    {
        MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
        MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
        MetricType.LongGauge => point.GetGaugeLastValueLong(),
        _ => point.GetGaugeLastValueDouble(),
    };

    /// <summary>By name: the SDK keeps the order in which they came first.</summary>
    private static List<KeyValuePair<string, object?>> Tags(in MetricPoint point)
    {
        var tags = new List<KeyValuePair<string, object?>>(point.Tags.Count);
        foreach (var tag in point.Tags)
        {
            tags.Add(tag);
        }

        tags.Sort((one, other) => string.CompareOrdinal(one.Key, other.Key));
        return tags;
    }
}
