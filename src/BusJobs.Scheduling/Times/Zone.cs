using System.Collections.Concurrent;

namespace BusJobs.Scheduling.Times;

/// <summary>
/// A time zone as a chain of stretches in which the clocks are not touched. Where they are put forward, times are left out
/// between the end of one stretch and the beginning of the next; where they are put back, times come twice.
/// </summary>
internal sealed class Zone
{
    private static readonly ConcurrentDictionary<string, Zone> Known = new(StringComparer.Ordinal);

    private readonly TimeZoneInfo info;
    private readonly ConcurrentDictionary<int, Stretch[]> years = new();

    private Zone(string id, TimeZoneInfo info) => (Id, this.info) = (id, info);

    /// <summary>As it was asked for.</summary>
    public string Id { get; }

    public static Zone Utc { get; } = new("UTC", TimeZoneInfo.Utc);

    /// <param name="id">An IANA id such as <c>Europe/Berlin</c>, a Windows id such as <c>W. Europe Standard Time</c>, UTC or GMT.</param>
    /// <exception cref="JobRefusedException">There is no such zone here, or it is an abbreviation.</exception>
    public static Zone Find(string id)
    {
        if (Known.TryGetValue(id, out var zone))
        {
            return zone;
        }

        // EST has no summer time and is not what people mean by it.
        var isAbbreviation = !id.Contains('/', StringComparison.Ordinal) && id.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c)) && id is not ("UTC" or "GMT");
        if (id.Length is 0 or > 64 || isAbbreviation || !TimeZoneInfo.TryFindSystemTimeZoneById(WindowsZones.ToIana(id) ?? id, out var info))
        {
            throw new JobRefusedException("zone", id, "a time zone of this machine, such as Europe/Berlin, America/New_York, W. Europe Standard Time or UTC");
        }

        return Known.GetOrAdd(id, new Zone(id, info));
    }

    /// <summary>The first moment after the given one at which the wall clock shows one of the times.</summary>
    public DateTimeOffset? Next(WallTimes times, DateTimeOffset after, DayOff isDayOff)
    {
        var moment = Floor(after.UtcDateTime).AddSeconds(1);
        var stretch = At(moment);
        var from = moment + stretch.Offset;
        if (!times.RepeatsWithTheClock && At(stretch.Start.AddTicks(-1)).WallEnd is var passed && passed > from)
        {
            from = passed;
        }

        for (var next = times.Next(from, isDayOff); next is { } time;)
        {
            if (time < stretch.WallEnd)
            {
                return new DateTimeOffset(time - stretch.Offset, TimeSpan.Zero);
            }

            var following = At(stretch.End);
            if (time < following.WallStart)
            {
                if (!times.SkipsWithTheClock)
                {
                    return new DateTimeOffset(following.Start, TimeSpan.Zero);
                }

                next = times.Next(following.WallStart, isDayOff);
            }
            else if (following.WallStart < stretch.WallEnd && times.RepeatsWithTheClock)
            {
                next = times.Next(following.WallStart, isDayOff);
            }

            stretch = following;
        }

        return null;
    }

    /// <summary>What the wall clock shows.</summary>
    public DateTime WallTime(DateTimeOffset moment) => DateTime.SpecifyKind(moment.UtcDateTime + At(moment.UtcDateTime).Offset, DateTimeKind.Unspecified);

    private Stretch At(DateTime moment)
    {
        var stretches = years.GetOrAdd(moment.Year, Divide);
        var i = 0;
        while (moment >= stretches[i].End)
        {
            i++;
        }

        return stretches[i];
    }

    /// <summary>Looks at each day of the year; a day on which the offset changes is searched for the second.</summary>
    private Stretch[] Divide(int year)
    {
        var stretches = new List<Stretch>();
        var (start, end) = (new DateTime(year, 1, 1, 0, 0, 0, DateTimeKind.Utc), new DateTime(year + 1, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var offset = info.GetUtcOffset(start);
        for (var day = start; day < end; day = day.AddDays(1))
        {
            var tomorrow = info.GetUtcOffset(day.AddDays(1));
            if (tomorrow != offset)
            {
                var change = FirstChange(day, offset);
                if (change < end)
                {
                    stretches.Add(new Stretch(start, change, offset));
                    (start, offset) = (change, tomorrow);
                }
            }
        }

        stretches.Add(new Stretch(start, end, offset));
        return [.. stretches];
    }

    private DateTime FirstChange(DateTime day, TimeSpan before)
    {
        var (low, high) = (0, 86_400);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = info.GetUtcOffset(day.AddSeconds(middle)) == before ? (middle, high) : (low, middle);
        }

        return day.AddSeconds(high);
    }

    private static DateTime Floor(DateTime time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond));

    /// <summary>A stretch within one year; at a New Year where nothing changes, the next one simply goes on.</summary>
    private readonly record struct Stretch(DateTime Start, DateTime End, TimeSpan Offset)
    {
        public DateTime WallStart => DateTime.SpecifyKind(Start + Offset, DateTimeKind.Unspecified);

        public DateTime WallEnd => DateTime.SpecifyKind(End + Offset, DateTimeKind.Unspecified);
    }
}
