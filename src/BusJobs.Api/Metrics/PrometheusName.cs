using System.Text;

namespace BusJobs.Api.Metrics;

/// <summary>What instruments and tags are called in Prometheus: <c>busjobs.worker.job.duration</c> in s is <c>busjobs_worker_job_duration_seconds</c>.</summary>
internal static class PrometheusName
{
    private const string Total = "_total";

    /// <param name="instrument">Its name.</param>
    /// <param name="unit">As UCUM has it. What stands in braces is a remark, and no unit.</param>
    /// <param name="isCounter">Whether it only ever grows.</param>
    public static string Of(string instrument, string unit, bool isCounter)
    {
        var name = Fit(instrument, colons: true);
        var word = Word(unit);
        if (word.Length > 0 && !name.EndsWith("_" + word, StringComparison.Ordinal))
        {
            name += "_" + word;
        }

        return isCounter && !name.EndsWith(Total, StringComparison.Ordinal) ? name + Total : name;
    }

    public static string OfLabel(string tag) => Fit(tag, colons: false);

    private static string Word(string unit) => unit switch
    {
        "" or "1" => "",
        ['{', ..] => "",
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        "%" => "percent",
        _ => Fit(unit, colons: false).Trim('_'),
    };

    /// <summary>Every run of other characters becomes one underscore; a digit does not come first.</summary>
    private static string Fit(string text, bool colons)
    {
        var name = new StringBuilder();
        foreach (var c in text)
        {
            if (char.IsAsciiLetterOrDigit(c) || (colons && c == ':'))
            {
                name.Append(c);
            }
            else if (name is not [.., '_'])
            {
                name.Append('_');
            }
        }

        return name.Length == 0 ? "_" : char.IsAsciiDigit(name[0]) ? "_" + name : name.ToString();
    }
}
