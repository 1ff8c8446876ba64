using System.Globalization;
using System.Text;

namespace Forge.Backfill;

/// <summary>Draws activity as a picture: a bar for each day, and a mark where there are no statistics yet.</summary>
public static class ActivityChart
{
    private const int Height = 120;
    private const int Bar = 4;

    /// <param name="days">Ordered, one for each day of the span.</param>
    /// <returns>SVG, in which there is nothing but numbers and dates.</returns>
    public static string Draw(IReadOnlyList<ActivityLine> days)
    {
        var most = Math.Max(1, days.Max(day => day.Day?.Commits ?? 0));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {Math.Max(1, days.Count) * Bar} {Height + 16}">""");
        svg.Append(CultureInfo.InvariantCulture, $"<title>Commits a day, at most {most}; {days.Count(day => day.Day is null)} days are missing</title>");
        foreach (var ((start, day), i) in days.Select((day, i) => (day, i)))
        {
            var height = day is null ? Height : (int)Math.Ceiling((double)day.Commits * Height / most);
            var fill = day is null ? "#f4c7c3" : "#2f6f4f";
            var told = day is null ? "no statistics yet" : $"{day.Commits} commits, +{day.Added} -{day.Removed}";
            svg.Append(CultureInfo.InvariantCulture, $"""<rect x="{i * Bar}" y="{Height - height}" width="{Bar - 1}" height="{height}" fill="{fill}"><title>{start:yyyy-MM-dd}: {told}</title></rect>""");
        }

        return svg.Append("</svg>").ToString();
    }
}
