using System.Globalization;
using BusJobs.Api.Access;
using BusJobs.Api.Dashboard.Live;
using BusJobs.Api.Dashboard.Shell;

namespace BusJobs.UnitTests.Dashboard;

public sealed class ShownTests
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("00:00:00.080", "80 ms")]
    [InlineData("00:00:04.260", "4.2 s")]
    [InlineData("00:00:59.900", "59 s")]
    [InlineData("00:01:00", "1 min")]
    [InlineData("00:03:20", "3 min 20 s")]
    [InlineData("05:00:59", "5 h")]
    [InlineData("3.04:05:06", "3 d 4 h")]
    public void A_span_is_told_by_its_two_largest_units(string span, string expected) =>
        Assert.Equal(expected, Shown.Span(TimeSpan.Parse(span, CultureInfo.InvariantCulture)));

    [Fact]
    public void A_rate_is_a_rise_over_time_and_a_fall_is_a_gap()
    {
        Sample[] samples = [Of(0, 10), Of(10, 40), Of(20, 5), Of(30, 25)];
        Assert.Equal([3, null, 2], Rates.PerSecond(samples, sample => sample.Succeeded).Select(point => point.Value));
        Assert.Equal(50, Rates.Risen(samples, TimeSpan.FromMinutes(1), sample => sample.Succeeded));
        Assert.Equal(20, Rates.Risen(samples, TimeSpan.FromSeconds(10), sample => sample.Succeeded));
        Assert.Equal(0, Rates.Risen([], TimeSpan.FromSeconds(10), sample => sample.Succeeded));
    }

    [Fact]
    public void Samples_keep_the_last_hour_and_tell_of_the_next()
    {
        var samples = new Samples();
        var next = samples.Next;
        for (var i = 0; i < Samples.Most + 10; i++)
        {
            samples.Add(Of(i, i));
        }

        Assert.True(next.IsCompleted);
        Assert.False(samples.Next.IsCompleted);
        Assert.Equal((Samples.Most, 10), (samples.All.Count, samples.All[0].Succeeded));
    }

    [Theory]
    [InlineData("/jobs?state=dead", "/jobs?state=dead")]
    [InlineData(null, "/")]
    [InlineData("", "/")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("https://evil.example", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("/a\r\nSet-Cookie: x", "/")]
    public void Signing_in_leads_to_a_page_of_this_server(string? to, string expected) => Assert.Equal(expected, SignIn.Local(to));

    private static Sample Of(int second, long succeeded) => new(T0.AddSeconds(second), Ready: 0, InFlight: 0, succeeded, Failed: 0);
}
