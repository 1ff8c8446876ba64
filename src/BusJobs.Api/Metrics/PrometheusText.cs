using System.Globalization;
using System.Text;

namespace BusJobs.Api.Metrics;

/// <summary>
/// Metrics in the text format of Prometheus, version 0.0.4: each family once, with its help and type, and its samples below it, in the order
/// in which they came.
/// </summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly SortedDictionary<string, Family> families = new(StringComparer.Ordinal);

    /// <returns>Where the samples go; null when a family of another type has the name.</returns>
    public Family? Open(string name, string type, string help)
    {
        if (!families.TryGetValue(name, out var family))
        {
            family = families[name] = new Family(name, type, help);
        }

        return family.Type == type ? family : null;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var family in families.Values)
        {
            family.WriteTo(text);
        }

        return text.ToString();
    }

    /// <summary>All samples of one name. The format has each once: what comes again is added up, and of a gauge the last counts.</summary>
    internal sealed class Family(string name, string type, string help)
    {
        private readonly OrderedDictionary<(string Suffix, string Labels), double> samples = [];

        public string Type => type;

        /// <param name="labels">From <see cref="Labels"/>.</param>
        /// <param name="value">The value.</param>
        /// <param name="suffix">What the name of the sample has more than the family's: <c>_bucket</c>, <c>_sum</c> or <c>_count</c>.</param>
        public void Add(string labels, double value, string suffix = "") =>
            samples[(suffix, labels)] = type == "gauge" ? value : samples.GetValueOrDefault((suffix, labels)) + value;

        public void WriteTo(StringBuilder text)
        {
            if (help.Length > 0)
            {
                text.Append("# HELP ").Append(name).Append(' ').Append(Escape(help, quotes: false)).Append('\n');
            }

            text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
            foreach (var ((suffix, labels), value) in samples)
            {
                text.Append(name).Append(suffix).Append(labels.Length > 0 ? $"{{{labels}}}" : "").Append(' ').Append(Number(value)).Append('\n');
            }
        }
    }

    /// <summary>Tags as labels, without braces. Of two tags that become the same label, the first counts.</summary>
    public static string Labels(IEnumerable<KeyValuePair<string, object?>> tags)
    {
        var text = new StringBuilder();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (tag, value) in tags)
        {
            var name = PrometheusName.OfLabel(tag);
            if (names.Add(name))
            {
                text.Append(text.Length > 0 ? "," : "").Append(name).Append("=\"").Append(Escape(Word(value), quotes: true)).Append('"');
            }
        }

        return text.ToString();
    }

    /// <summary>The labels of a bucket: those of its histogram, and its bound.</summary>
    public static string Bucket(string labels, double bound) => $"{labels}{(labels.Length > 0 ? "," : "")}le=\"{Number(bound)}\"";

    public static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : double.IsNaN(value) ? "NaN" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Word(object? value) => value is bool flag ? flag ? "true" : "false" : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static string Escape(string text, bool quotes)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}
