using System.Text.RegularExpressions;

namespace BusJobs.Scheduling.Times;

/// <summary>
/// Reads rules about dates: <c>on last business day of month at 18:00</c>, <c>on 2nd tuesday of month at 09:30</c>,
/// <c>on 3rd last day of quarter</c>, <c>on 24 december at 08:00</c>. Without a time, midnight.
/// </summary>
internal static partial class DateText
{
    private const string Allowed = "'on <place> <day|business day|weekday> of <month|quarter|year|a month's name> [at HH:mm[:ss]]' or 'on <day> <month> [at HH:mm[:ss]]'";

    private static readonly string[] Ordinals = ["", "first", "second", "third", "fourth", "fifth"];

    [GeneratedRegex(@"\Aon ((?<place>[a-z0-9]+)( (?<last>last))? (?<what>business day|[a-z]+) of (?<period>[a-z]+)|(?<date>\d{1,2}) (?<month>[a-z]+))( at (?<time>[0-9:]+))?\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Form { get; }

    /// <exception cref="JobRefusedException">One sentence on what is expected.</exception>
    public static WallTimes Parse(string text)
    {
        var match = Form.Match(text.ToLowerInvariant());
        if (!match.Success || !TryTime(match.Groups["time"], out var time))
        {
            throw Refused(text);
        }

        if (match.Groups["date"] is { Success: true, ValueSpan: var date })
        {
            return MonthOf(match.Groups["month"].Value) is >= 1 and var month && int.Parse(date) is >= 1 and var day && day <= DateTime.DaysInMonth(2000, month)
                ? new DateTimes(day, Counted.Days, default, new Period(1, month), time)
                : throw Refused(text);
        }

        var place = PlaceOf(match.Groups["place"].Value, match.Groups["last"].Success);
        var (counted, weekday) = WhatOf(match.Groups["what"].Value);
        var period = PeriodOf(match.Groups["period"].Value);
        return place == 0 || counted is null || period is null ? throw Refused(text) : new DateTimes(place, counted.Value, weekday, period, time);
    }

    /// <returns>0 when it is no place.</returns>
    private static int PlaceOf(string word, bool fromTheEnd)
    {
        if (word == "last")
        {
            return fromTheEnd ? 0 : -1;
        }

        var place = Array.IndexOf(Ordinals, word);
        if (place < 1 && (word.Length is < 3 or > 5 || word[^2..] is not ("st" or "nd" or "rd" or "th") || !int.TryParse(word[..^2], out place) || place is < 1 or > 366))
        {
            return 0;
        }

        return fromTheEnd ? -place : place;
    }

    private static (Counted? Counted, DayOfWeek Weekday) WhatOf(string word) => word switch
    {
        "day" => (Counted.Days, default),
        "business day" => (Counted.BusinessDays, default),
        _ => WeekdayOf(word) is { } weekday ? (Counted.Weekday, weekday) : (null, default),
    };

    private static Period? PeriodOf(string word) => word switch
    {
        "month" => new Period(1, 0),
        "quarter" => new Period(3, 0),
        "year" => new Period(12, 0),
        _ => MonthOf(word) is >= 1 and var month ? new Period(1, month) : null,
    };

    /// <summary>By its name, or the first three letters of it; null when it is none.</summary>
    public static DayOfWeek? WeekdayOf(string word)
    {
        foreach (var day in Enum.GetValues<DayOfWeek>())
        {
            if (IsNamed(day.ToString(), word))
            {
                return day;
            }
        }

        return null;
    }

    private static int MonthOf(string word) =>
        Array.FindIndex(System.Globalization.CultureInfo.InvariantCulture.DateTimeFormat.MonthNames, name => name.Length > 0 && IsNamed(name, word)) + 1;

    private static bool IsNamed(string name, string word) =>
        word.Equals(name, StringComparison.OrdinalIgnoreCase) || (word.Length == 3 && name.StartsWith(word, StringComparison.OrdinalIgnoreCase));

    private static bool TryTime(Group group, out TimeOnly time)
    {
        time = TimeOnly.MinValue;
        return !group.Success || TimeOnly.TryParseExact(group.ValueSpan, ["H:mm", "HH:mm", "HH:mm:ss"], out time);
    }

    private static JobRefusedException Refused(string text) => new("rule", text, Allowed);
}
