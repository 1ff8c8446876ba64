namespace BusJobs.Scheduling.Crons;

/// <summary>One field of a cron expression: what may stand in it, and how it becomes a bit set. Bounds are checked before anything is expanded.</summary>
internal sealed record CronField(string Name, int Min, int Max, string Names, string Example)
{
    public static readonly CronField Second = new("second", 0, 59, "", "0, 0-10, */15");
    public static readonly CronField Minute = new("minute", 0, 59, "", "0, 10-20, */15");
    public static readonly CronField Hour = new("hour", 0, 23, "", "9, 8-17, */2");
    public static readonly CronField Day = new("day of month", 1, 31, "", "1, 1-5, L, L-3, LW or 15W");
    public static readonly CronField Month = new("month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", "1, 3-5 or JAN,JUL");

    /// <summary>0 and 7 are Sunday.</summary>
    public static readonly CronField Weekday = new("day of week", 0, 7, "SUNMONTUEWEDTHUFRISAT", "1, MON-FRI, FRIL or FRI#2");

    /// <param name="special">Takes an item that is neither number, range nor step; false when it is none of its own either.</param>
    /// <exception cref="JobRefusedException">The first item that is not allowed.</exception>
    public ulong Read(string text, Func<string, bool>? special = null)
    {
        var set = 0UL;
        foreach (var item in text.Split(','))
        {
            if (special?.Invoke(item) != true)
            {
                set |= ReadItem(item);
            }
        }

        return set;
    }

    public int Number(string text, string item)
    {
        var value = text.Length is 1 or 2 && text.All(char.IsAsciiDigit) ? int.Parse(text) : NumberOfName(text);
        return value >= Min && value <= Max ? value : throw Refused(item);
    }

    public JobRefusedException Refused(string item) =>
        new($"cron {Name}", item, $"{Min} to {Max}, a range, a list or a step, such as {Example}");

    private ulong ReadItem(string item)
    {
        var (range, step) = item.Split('/') switch
        {
            [var only] => (only, 1),
            [var first, var every] => (first, Step(every, item)),
            _ => throw Refused(item),
        };
        var (from, to) = Bounds(range, stepped: range.Length < item.Length, item);
        var set = 0UL;
        for (var value = from; value <= to; value += step)
        {
            set |= 1UL << value;
        }

        return set;
    }

    private (int From, int To) Bounds(string range, bool stepped, string item)
    {
        if (range == "*")
        {
            return (Min, Max);
        }

        switch (range.Split('-'))
        {
            case [var only]:
                var value = Number(only, item);
                return (value, stepped ? Max : value);
            case [var first, var last]:
                var (from, to) = (Number(first, item), Number(last, item));
                // Sunday ends the week as well as it begins it.
                to = this == Weekday && to == 0 && from > 0 ? 7 : to;
                return from <= to ? (from, to) : throw Refused(item);
            default:
                throw Refused(item);
        }
    }

    private int Step(string text, string item) =>
        text.Length is 1 or 2 && text.All(char.IsAsciiDigit) && int.Parse(text) is >= 1 and var step && step <= Max ? step : throw Refused(item);

    private int NumberOfName(string text) =>
        text.Length == 3 && Names.IndexOf(text, StringComparison.Ordinal) is >= 0 and var at && at % 3 == 0 ? (at / 3) + Min : -1;
}
