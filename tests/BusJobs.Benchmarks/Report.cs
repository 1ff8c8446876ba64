using System.Text.Json;

namespace BusJobs.Benchmarks;

/// <summary>Figures in the order in which they are told: a table for people, and one line of JSON for machines.</summary>
internal sealed class Report(string title)
{
    private readonly List<Row> rows = [];
    private readonly List<string> notes = [];

    /// <param name="field">The name in the JSON; null for a figure that is only shown.</param>
    /// <param name="reach">What DESIGN.md asks for.</param>
    public void Add(string what, string? field, double value, int digits = 0, string reach = "") =>
        rows.Add(new Row(what, field, double.IsFinite(value) ? Math.Round(value, digits) : 0, digits, reach));

    public void Note(string sentence) => notes.Add(sentence);

    public void Print(TextWriter output)
    {
        var width = rows.Max(row => row.What.Length) + 2;
        output.WriteLine(title);
        foreach (var row in rows)
        {
            output.WriteLine($"  {row.What.PadRight(width)}{row.Value.ToString($"N{row.Digits}"),14}  {row.Reach}".TrimEnd());
        }

        foreach (var note in notes)
        {
            output.WriteLine($"  ({note})");
        }

        output.WriteLine(JsonSerializer.Serialize(rows.Where(row => row.Field is not null).ToDictionary(row => row.Field!, row => row.Value)));
    }

    private sealed record Row(string What, string? Field, double Value, int Digits, string Reach);
}
