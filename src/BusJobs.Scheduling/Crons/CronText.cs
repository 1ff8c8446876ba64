namespace BusJobs.Scheduling.Crons;

/// <summary>
/// Reads cron expressions: five fields (minute, hour, day of month, month, day of week) or six (seconds first), the usual macros,
/// names, <c>?</c>, and L, W and # for days. Weekdays count from 0 or 7, Sunday, whatever the number of fields.
/// </summary>
internal static class CronText
{
    public const int MaxLength = 256;

    private static readonly Dictionary<string, string> Macros = new(StringComparer.Ordinal)
    {
        ["@YEARLY"] = "0 0 1 1 *",
        ["@ANNUALLY"] = "0 0 1 1 *",
        ["@MONTHLY"] = "0 0 1 * *",
        ["@WEEKLY"] = "0 0 * * 0",
        ["@DAILY"] = "0 0 * * *",
        ["@MIDNIGHT"] = "0 0 * * *",
        ["@HOURLY"] = "0 * * * *",
    };

    /// <exception cref="JobRefusedException">One sentence on the first fault.</exception>
    public static Cron Parse(string text)
    {
        if (text.Length > MaxLength || !text.All(IsAllowed))
        {
            throw new JobRefusedException("cron", text, $"at most {MaxLength} characters of letters, digits, spaces and * , - / ? # @");
        }

        var upper = text.Trim().ToUpperInvariant();
        if (upper.StartsWith('@'))
        {
            upper = Macros.GetValueOrDefault(upper)
                ?? throw new JobRefusedException("cron", text, "@yearly, @annually, @monthly, @weekly, @daily, @midnight or @hourly");
        }

        return upper.Split(' ', StringSplitOptions.RemoveEmptyEntries) switch
        {
            [var minute, var hour, var day, var month, var weekday] => Parse("0", minute, hour, day, month, weekday),
            [var second, var minute, var hour, var day, var month, var weekday] => Parse(second, minute, hour, day, month, weekday),
            var fields => throw new JobRefusedException(
                "cron", text, $"5 fields (minute, hour, day of month, month, day of week) or 6 with seconds first, not {fields.Length}"),
        };
    }

    private static Cron Parse(string second, string minute, string hour, string day, string month, string weekday)
    {
        if (day == "?" && weekday == "?")
        {
            throw new JobRefusedException("cron", "? ?", "'?' in one of the two day fields, not in both");
        }

        return new Cron(
            CronField.Second.Read(second), CronField.Minute.Read(minute), CronField.Hour.Read(hour), Days(day, month, weekday),
            repeats: IsOpen(second) || IsOpen(minute) || IsOpen(hour), skips: IsOpen(hour));
    }

    private static CronDays Days(string day, string month, string weekday)
    {
        var (beforeLast, nearest, placed) = (0UL, 0UL, 0UL);
        var days = CronField.Day.Read(day == "?" ? "*" : day, item => MonthItem(item, ref beforeLast, ref nearest));
        var weekdays = CronField.Weekday.Read(weekday == "?" ? "*" : weekday, item => WeekdayItem(item, ref placed));
        return new CronDays
        {
            Months = CronField.Month.Read(month),
            DaysOfMonth = days,
            DaysBeforeLast = beforeLast,
            NearestTo = nearest,
            // Sunday is 7 as well as 0.
            Weekdays = (weekdays | weekdays >> 7) & 0x7F,
            PlacedWeekdays = placed,
            Either = day[0] is not ('*' or '?') && weekday[0] is not ('*' or '?'),
        };
    }

    private static bool MonthItem(string item, ref ulong beforeLast, ref ulong nearest)
    {
        switch (item)
        {
            case "L":
                beforeLast |= 1;
                return true;
            case "LW" or "WL":
                nearest |= 1UL << CronDays.LastDay;
                return true;
            case ['L', '-', .. var back]:
                var offset = CronField.Day.Number(back, item);
                beforeLast |= offset <= 30 ? 1UL << offset : throw CronField.Day.Refused(item);
                return true;
            case [.. var wanted, 'W']:
                nearest |= 1UL << CronField.Day.Number(wanted, item);
                return true;
            default:
                return false;
        }
    }

    private static bool WeekdayItem(string item, ref ulong placed)
    {
        switch (item)
        {
            case [.. var last, 'L']:
                placed |= 1UL << ((8 * (CronField.Weekday.Number(last, item) % 7)) + CronDays.LastPlace);
                return true;
            case [.. var which, '#', >= '1' and <= '5' and var place]:
                placed |= 1UL << ((8 * (CronField.Weekday.Number(which, item) % 7)) + (place - '0'));
                return true;
            default:
                return false;
        }
    }

    /// <summary>A field that names no times but a rhythm.</summary>
    private static bool IsOpen(string field) => field.AsSpan().ContainsAny('*', '/');

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is ' ' or '*' or ',' or '-' or '/' or '?' or '#' or '@';
}
