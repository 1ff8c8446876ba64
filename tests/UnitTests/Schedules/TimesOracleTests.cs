using BusJobs.Scheduling.Times;

namespace BusJobs.UnitTests.Schedules;

/// <summary>
/// An oracle that knows nothing of the schedule's ways: it looks at every minute of a few days, asks .NET what the wall clock
/// shows, and compares numbers. Its crons are made from number lists, so it does not share the parser either.
/// </summary>
public sealed class TimesOracleTests
{
    private const int Pairs = 10_000;

    private static readonly string[] Zones =
    [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Kolkata", "America/Sao_Paulo", "Africa/Casablanca", "UTC",
    ];

    [Fact]
    public void Ten_thousand_crons_and_zones_fire_as_the_oracle_says()
    {
        var random = new Random(20_261_122);
        var views = Zones.SelectMany(zone => View.OfYear(zone, 2026)).ToList();
        var fires = 0;
        for (var pair = 0; pair < Pairs; pair++)
        {
            var (cron, view) = (RandomCron.Next(random), views[random.Next(views.Count)]);
            var timing = new Timing(Rule.Parse(cron.Text), Zone.Find(view.Zone), []);
            var actual = timing.Between(view.Start.AddTicks(-1), view.End.AddTicks(-1), int.MaxValue).ToList();
            var expected = view.Fires(cron);

            Assert.True(expected.SequenceEqual(actual), $"'{cron.Text}' in {view.Zone} from {view.Start:O}: {Difference(expected, actual)}");
            fires += actual.Count;
        }

        Assert.True(fires > 100_000, $"only {fires} fires were compared");
    }

    private static string Difference(List<DateTimeOffset> expected, List<DateTimeOffset> actual) =>
        $"missing {string.Join(", ", expected.Except(actual).Take(3))}; too many {string.Join(", ", actual.Except(expected).Take(3))}; {expected.Count} and {actual.Count}";

    private sealed record RandomCron(string Text, bool[] Minutes, bool[] Hours, bool[] Days, bool[] Months, bool[] Weekdays, bool EitherDay, bool Repeats, bool Skips)
    {
        public static RandomCron Next(Random random)
        {
            var (minute, minutes, openMinute) = Field(random, 0, 59, 0.2);
            var (hour, hours, openHour) = Field(random, 0, 23, 0.4);
            var (day, days, _) = Field(random, 1, 31, 0.6);
            var (month, months, _) = Field(random, 1, 12, 0.8);
            var (weekday, weekdays, _) = Field(random, 0, 6, 0.6);
            return new RandomCron(
                $"{minute} {hour} {day} {month} {weekday}", minutes, hours, days, months, weekdays,
                EitherDay: day[0] != '*' && weekday[0] != '*', Repeats: openMinute || openHour, Skips: openHour);
        }

        public bool Matches(DateTime wall) => Minutes[wall.Minute] && Hours[wall.Hour] && Months[wall.Month]
            && (EitherDay ? Days[wall.Day] || Weekdays[(int)wall.DayOfWeek] : Days[wall.Day] && Weekdays[(int)wall.DayOfWeek]);

        private static (string Text, bool[] Set, bool IsOpen) Field(Random random, int min, int max, double stars)
        {
            var set = new bool[max + 1];
            if (random.NextDouble() < stars)
            {
                var step = random.Next(3) == 0 ? random.Next(2, Math.Max(3, max / 2)) : 1;
                for (var value = min; value <= max; value += step)
                {
                    set[value] = true;
                }

                return (step == 1 ? "*" : $"*/{step}", set, true);
            }

            if (random.Next(3) == 0)
            {
                var from = random.Next(min, max + 1);
                var to = random.Next(from, max + 1);
                Array.Fill(set, true, from, to - from + 1);
                return ($"{from}-{to}", set, false);
            }

            var values = Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(min, max + 1)).ToList();
            values.ForEach(value => set[value] = true);
            return (string.Join(',', values), set, false);
        }
    }

    /// <summary>Four days of a zone, minute by minute.</summary>
    private sealed class View
    {
        private readonly List<Minute> minutes = [];

        public required string Zone { get; init; }
        public required DateTimeOffset Start { get; init; }
        public DateTimeOffset End => Start.AddDays(4);

        /// <summary>Around each change of the clocks, and at some other times of the year.</summary>
        public static IEnumerable<View> OfYear(string zone, int year)
        {
            var info = TimeZoneInfo.FindSystemTimeZoneById(zone);
            for (var day = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero); day.Year == year; day = day.AddDays(1))
            {
                if (info.GetUtcOffset(day) != info.GetUtcOffset(day.AddDays(1)) || day.DayOfYear is 30 or 58 or 363)
                {
                    yield return Look(zone, info, day.AddDays(-1));
                }
            }
        }

        public List<DateTimeOffset> Fires(RandomCron cron) =>
        [
            .. minutes.Where(minute =>
                (cron.Matches(minute.Wall) && (!minute.IsSecondPass || cron.Repeats)) || (!cron.Skips && minute.LeftOut.Any(cron.Matches))).Select(minute => minute.At),
        ];

        private static View Look(string zone, TimeZoneInfo info, DateTimeOffset start)
        {
            var view = new View { Zone = zone, Start = start };
            var before = TimeZoneInfo.ConvertTime(start.AddMinutes(-1), info).DateTime;
            var latest = before;
            for (var at = start; at < view.End; at = at.AddMinutes(1))
            {
                var wall = TimeZoneInfo.ConvertTime(at, info).DateTime;
                var leftOut = Enumerable.Range(1, Math.Max(0, (int)(wall - before).TotalMinutes - 1)).Select(minute => before.AddMinutes(minute)).ToList();
                view.minutes.Add(new Minute(at, wall, IsSecondPass: wall <= latest, leftOut));
                (before, latest) = (wall, wall > latest ? wall : latest);
            }

            return view;
        }
    }

    private sealed record Minute(DateTimeOffset At, DateTime Wall, bool IsSecondPass, List<DateTime> LeftOut);
}
