using BusJobs.Api.Input;

namespace BusJobs.Api.Enqueue;

/// <summary>At most one job of its kind with this key: while it is active, for a time, or once in each window of time.</summary>
public sealed record UniqueRequest
{
    /// <summary>Unique within its kind.</summary>
    public required string Key { get; init; }

    /// <summary>Hold the key for this time, for example <c>15m</c>. Not together with window; with neither, while the job is active.</summary>
    public string? Ttl { get; init; }

    /// <summary>One job for each window: spans that coalesce into one window are one job.</summary>
    public WindowRequest? Window { get; init; }

    /// <summary>What a duplicate of a running job becomes: <c>follow-up</c> (one more job after it; the default) or <c>drop</c>.</summary>
    public string? WhenRunning { get; init; }

    /// <summary>Whether a duplicate of a waiting job replaces its payload. Default: false.</summary>
    public bool? Replace { get; init; }

    internal static Unique? Read(Fields job)
    {
        if (job.Raw("unique") is not { } element)
        {
            return null;
        }

        var fields = new Fields(element, job.At("unique").Pointer!, "key", "ttl", "window", "whenRunning", "replace");
        var key = fields.NeededText("key", "a key of the caller's choice");
        var (ttl, window) = (fields.Duration("ttl"), WindowRequest.Read(fields));
        if (ttl is not null && window is not null)
        {
            throw InputException.Refused(fields.At("window"), "window", "(this window)", "either a ttl or a window, not both");
        }

        var unique = window is not null ? Unique.PerWindow(key, window) : ttl is { } time ? Unique.For(key, time) : Unique.WhileActive(key);
        return unique with { WhenRunning = WhenRunningOf(fields), Replace = fields.Flag("replace") ?? false };
    }

    private static WhenRunning WhenRunningOf(Fields fields) => fields.Text("whenRunning") switch
    {
        null or "follow-up" => BusJobs.WhenRunning.QueueOneFollowUp,
        "drop" => BusJobs.WhenRunning.Drop,
        var other => throw InputException.Refused(fields.At("whenRunning"), "whenRunning", other, "follow-up or drop"),
    };
}

/// <summary>A span of time, widened to whole grains in UTC, so that requests for nearby spans are requests for one window.</summary>
public sealed record WindowRequest
{
    /// <summary>From here, with its offset.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>To here, exclusive.</summary>
    public required DateTimeOffset End { get; init; }

    /// <summary>A length that divides a day evenly, for example <c>15m</c>, or whole days.</summary>
    public required string Grain { get; init; }

    internal static TimeWindow? Read(Fields unique)
    {
        if (unique.Raw("window") is not { } element)
        {
            return null;
        }

        var pointer = unique.At("window").Pointer!;
        var fields = new Fields(element, pointer, "start", "end", "grain");
        try
        {
            return TimeWindow.Covering(Needed(fields, "start", fields.Time), Needed(fields, "end", fields.Time), Needed(fields, "grain", fields.Duration));
        }
        catch (JobRefusedException refused)
        {
            throw new InputException(new Place(pointer[..pointer.LastIndexOf('/')] + Problems.PointerTo(refused.Field)), refused.Message);
        }
    }

    private static T Needed<T>(Fields fields, string name, Func<string, T?> read)
        where T : struct => read(name) ?? throw InputException.Refused(fields.At(name), name, value: null, "a value");
}
