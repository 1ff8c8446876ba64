using System.Globalization;
using System.Xml.Linq;
using Forge.Backfill;

namespace BusJobs.UnitTests.Forge;

public sealed class ActivityChartTests
{
    private static readonly DateTimeOffset Monday = new(2025, 3, 3, 0, 0, 0, TimeSpan.Zero);
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Each_day_is_a_bar_as_high_as_its_commits_and_one_that_is_missing_is_marked()
    {
        var picture = XElement.Parse(ActivityChart.Draw([new(Monday, Day(4)), new(Monday.AddDays(1), Day: null), new(Monday.AddDays(2), Day(1)), new(Monday.AddDays(3), Day(0))]));
        Assert.Equal("Commits a day, at most 4; 1 days are missing", picture.Element(Svg + "title")!.Value);
        var bars = picture.Elements(Svg + "rect").ToList();
        Assert.Equal([120, 120, 30, 0], bars.Select(bar => Number(bar, "height")));
        Assert.All(bars, bar => Assert.Equal(120, Number(bar, "y") + Number(bar, "height")));
        Assert.Equal([0, 4, 8, 12], bars.Select(bar => Number(bar, "x")));
        Assert.Equal("2025-03-03: 4 commits, +7 -2", bars[0].Element(Svg + "title")!.Value);
        Assert.Equal("2025-03-04: no statistics yet", bars[1].Element(Svg + "title")!.Value);
        Assert.NotEqual(bars[0].Attribute("fill")!.Value, bars[1].Attribute("fill")!.Value);
    }

    private static int Number(XElement bar, string name) => int.Parse(bar.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static ActivityDay Day(int commits) => new() { RepositoryId = 1, Start = Monday, Commits = commits, Added = 7, Removed = 2 };
}
