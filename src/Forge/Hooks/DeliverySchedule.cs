namespace Forge.Hooks;

/// <summary>When the next try is made.</summary>
internal sealed class DeliverySchedule(HookOptions options, Func<double> random)
{
    /// <param name="made">Tries so far, 1 and up.</param>
    /// <param name="retryAfter">What the receiver asked for: it can lengthen a pause and not shorten it.</param>
    /// <returns>Null when the schedule is over.</returns>
    public TimeSpan? PauseAfter(int made, TimeSpan? retryAfter)
    {
        if (made > options.Schedule.Count)
        {
            return null;
        }

        var pause = options.Schedule[made - 1] * (1 + (options.Jitter * random()));
        var asked = retryAfter is not { } wish || wish < TimeSpan.Zero ? TimeSpan.Zero : wish > options.MostRetryAfter ? options.MostRetryAfter : wish;
        return asked > pause ? asked : pause;
    }

    /// <summary>A little while, spread, for who finds no place.</summary>
    public TimeSpan Moment() => TimeSpan.FromSeconds(0.5 + random());
}
