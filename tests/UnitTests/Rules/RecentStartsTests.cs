using BusJobs.Ledger;

namespace BusJobs.UnitTests.Rules;

public sealed class RecentStartsTests
{
    [Theory]
    [InlineData(1, 10, 1)]
    [InlineData(2, 100, 60)]
    [InlineData(3, 1_000, 3_600)]
    [InlineData(4, 1, 1)]
    public void No_span_of_a_period_holds_more_starts_than_the_rate_however_they_come(int seed, int most, int seconds)
    {
        var (random, rate, starts) = (new Random(seed), new Rate(most, TimeSpan.FromSeconds(seconds)), RecentStarts.None);
        var log = new List<(long At, int Count)>();
        var now = 1_800_000_000_123L;
        for (var i = 0; i < 2_000; i++)
        {
            now += random.Next(seconds * 1_000 / 10);
            var count = Math.Min(random.Next(1, most + 1), starts.Room(rate, now));
            if (count > 0)
            {
                starts.Add(rate, now, count);
                log.Add((now, count));
                starts = RecentStarts.Parse(starts.ToString());
            }
        }

        Assert.All(log, last => Assert.InRange(log.Where(start => start.At > last.At - (seconds * 1_000) && start.At <= last.At).Sum(start => start.Count), 1, most));
        Assert.True(log.Sum(start => start.Count) > most * 10);
    }

    [Fact]
    public void It_tells_the_very_moment_at_which_there_is_room_again_within_a_fiftieth_of_the_period()
    {
        var (rate, starts) = (new Rate(2, TimeSpan.FromMinutes(1)), RecentStarts.None);
        starts.Add(rate, 1_000_000, 2);
        var opens = starts.OpensAt(rate, 1_000_500);
        Assert.Equal((0, 2), (starts.Room(rate, opens - 1), starts.Room(rate, opens)));
        Assert.InRange(opens - 1_000_000, 60_000, 61_200);
    }

    [Fact]
    public void What_it_keeps_does_not_grow_with_the_starts()
    {
        var (rate, starts) = (new Rate(1_000_000, TimeSpan.FromHours(1)), RecentStarts.None);
        for (var now = 0L; now < 10_000_000; now += 1_000)
        {
            starts.Add(rate, now, 1);
        }

        Assert.True(starts.ToString().Length < 2_000);
    }
}
