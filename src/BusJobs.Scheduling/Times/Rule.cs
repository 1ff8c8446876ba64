using System.Globalization;
using System.Text.RegularExpressions;
using BusJobs.Scheduling.Crons;

namespace BusJobs.Scheduling.Times;

/// <summary>What a rule goes by.</summary>
public enum RuleKind
{
    /// <summary><c>*/15 8-17 * * MON-FRI</c>, <c>@daily</c>.</summary>
    Cron = 0,

    /// <summary><c>every 90s</c>, <c>every 1h30m</c>, <c>every 00:15:00</c>: counted in elapsed time from the schedule's start, or from 1970.</summary>
    Interval = 1,

    /// <summary><c>on last business day of month at 18:00</c>.</summary>
    Calendar = 2,

    /// <summary><c>at 2026-12-24T18:00</c>, in the schedule's zone, or with an offset or Z.</summary>
    Once = 3,
}

/// <summary>When a schedule fires, before its start, end and calendars: told apart by the first word, and everything else is cron.</summary>
internal sealed partial class Rule
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3653);

    private readonly WallTimes? times;
    private readonly TimeSpan interval;
    private readonly DateTimeOffset moment;

    private Rule(RuleKind kind, WallTimes times) => (Kind, this.times) = (kind, times);

    private Rule(TimeSpan interval) => (Kind, this.interval) = (RuleKind.Interval, interval);

    private Rule(DateTimeOffset moment) => (Kind, this.moment) = (RuleKind.Once, moment);

    public RuleKind Kind { get; }

    [GeneratedRegex(@"\A((?<d>\d{1,4})d)?((?<h>\d{1,5})h)?((?<m>\d{1,6})m)?((?<s>\d{1,7})s)?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Units { get; }

    /// <exception cref="JobRefusedException">One sentence on what is wrong with the rule.</exception>
    public static Rule Parse(string text)
    {
        text = text.Trim();
        if (text.Length is 0 or > CronText.MaxLength)
        {
            throw new JobRefusedException("rule", text, $"1 to {CronText.MaxLength} characters: a cron expression, or 'every ...', 'on ...' or 'at ...'");
        }

        return text.Split(' ', 2) is [var word, var rest]
            ? word.ToLowerInvariant() switch
            {
                "every" => new Rule(Interval(rest.Trim(), text)),
                "on" => new Rule(RuleKind.Calendar, DateText.Parse(text)),
                "at" => Once(rest.Trim(), text),
                _ => new Rule(RuleKind.Cron, CronText.Parse(text)),
            }
            : new Rule(RuleKind.Cron, CronText.Parse(text));
    }

    /// <param name="anchor">From where intervals are counted.</param>
    public DateTimeOffset? Next(DateTimeOffset after, Zone zone, DateTimeOffset anchor, DayOff isDayOff)
    {
        if (times is not null)
        {
            return zone.Next(times, after, isDayOff);
        }

        if (Kind == RuleKind.Once)
        {
            return moment > after ? moment : null;
        }

        if (after < anchor)
        {
            return anchor;
        }

        return anchor + (((after - anchor).Ticks / interval.Ticks + 1) * interval);
    }

    private static TimeSpan Interval(string text, string rule)
    {
        var units = Units.Match(text);
        var isSpan = TimeSpan.TryParseExact(text, [@"hh\:mm\:ss", @"d\.hh\:mm\:ss"], CultureInfo.InvariantCulture, out var span);
        if (units.Success && text.Length > 0)
        {
            span = TimeSpan.FromSeconds((Unit("d") * 86_400) + (Unit("h") * 3_600) + (Unit("m") * 60) + Unit("s"));
        }

        return (isSpan || units.Success) && span >= TimeSpan.FromSeconds(1) && span <= Longest
            ? span
            : throw new JobRefusedException("rule", rule, "'every' and 1 second to 10 years, such as 'every 90s', 'every 1h30m', 'every 2d' or 'every 00:15:00'");

        long Unit(string name) => units.Groups[name] is { Success: true, ValueSpan: var digits } ? long.Parse(digits) : 0;
    }

    private static Rule Once(string text, string rule)
    {
        if (DateTime.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var wall) && IsSane(wall))
        {
            return new Rule(RuleKind.Once, new OneTime(wall));
        }

        return DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var moment)
            && IsSane(moment.UtcDateTime)
            ? new Rule(moment.ToUniversalTime())
            : throw new JobRefusedException("rule", rule, "'at' and a time between the years 1970 and 2200, such as 'at 2026-12-24T18:00' or 'at 2026-12-24T18:00:00Z'");
    }

    private static bool IsSane(DateTime time) => time.Year is >= 1970 and <= 2200;
}
