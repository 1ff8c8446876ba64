using System.Text;

namespace BusJobs;

/// <summary>For how long a unique key is taken.</summary>
public enum UniqueScope
{
    /// <summary>While a job with the key waits or runs.</summary>
    WhileActive,

    /// <summary>For a time from the enqueue, whatever becomes of the job.</summary>
    For,

    /// <summary>Once for each window of time.</summary>
    PerWindow,
}

/// <summary>What becomes of a job whose key is taken by one that runs already, and so may not see what this one is about.</summary>
public enum WhenRunning
{
    /// <summary>One job, and no more, is kept back and runs once the running one has ended, whichever way.</summary>
    QueueOneFollowUp,

    /// <summary>It is a duplicate like any other.</summary>
    Drop,
}

/// <summary>
/// What makes a job the same as another. A key is unique within its kind and scope; whoever comes second gets
/// <see cref="EnqueueResult.Duplicate"/> with the id of the first.
/// </summary>
public sealed record Unique
{
    public const int MaxKeyLength = 200;

    /// <summary>How long the key of a window is taken beyond the window's end, unless said otherwise.</summary>
    public static readonly TimeSpan DefaultWindowTtl = TimeSpan.FromDays(1);

    /// <summary>1 to 200 characters, without control characters; two keys are the same when their code points are.</summary>
    public required string Key { get; init; }

    public required UniqueScope Scope { get; init; }

    /// <summary>How long the key is taken, from 1 ms to 10 years: from the enqueue or, of a window, from its end if that is later. Not with <see cref="UniqueScope.WhileActive"/>.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>Only with <see cref="UniqueScope.PerWindow"/>.</summary>
    public TimeWindow? Window { get; init; }

    /// <summary>Only <see cref="UniqueScope.WhileActive"/> asks. Default: <see cref="WhenRunning.QueueOneFollowUp"/>, by which no update is lost.</summary>
    public WhenRunning WhenRunning { get; init; }

    /// <summary>
    /// Whether a duplicate gives its payload to the job that has the key, and its due time if it names one, as long as that job
    /// has not been dispatched. Enqueue with a delay for a debounce. Default: the payload of the first stays.
    /// </summary>
    public bool Replace { get; init; }

    /// <summary>One job with this key at a time.</summary>
    public static Unique WhileActive(string key) => new() { Key = key, Scope = UniqueScope.WhileActive };

    /// <summary>One job with this key in each <paramref name="ttl"/>.</summary>
    public static Unique For(string key, TimeSpan ttl) => new() { Key = key, Scope = UniqueScope.For, Ttl = ttl };

    /// <summary>One job for this key and window: requests for spans that coalesce into one window are one job.</summary>
    public static Unique PerWindow(string key, TimeWindow window) =>
        new() { Key = key, Scope = UniqueScope.PerWindow, Window = window, Ttl = DefaultWindowTtl };

    /// <exception cref="JobRefusedException">A member is not allowed.</exception>
    public void Check()
    {
        CheckKey("unique.key", Key);
        Require(Enum.IsDefined(Scope), "unique.scope", Scope.ToString(), "WhileActive, For or PerWindow");
        Require(Enum.IsDefined(WhenRunning), "unique.whenRunning", WhenRunning.ToString(), "QueueOneFollowUp or Drop");
        Require((Scope == UniqueScope.PerWindow) == Window is not null, "unique.window", Window?.ToString(), "a window with PerWindow, and none otherwise");
        Require(Window is null || Window.Start < Window.End, "unique.window", Window?.ToString(), "a window that ends after its start");
        if (Scope == UniqueScope.WhileActive)
        {
            Require(Ttl is null, "unique.ttl", Ttl?.ToString(), "none with WhileActive");
        }
        else
        {
            CheckTtl("unique.ttl", Ttl);
        }
    }

    /// <exception cref="JobRefusedException">It is no key.</exception>
    public static void CheckKey(string field, string? key) => Require(
        key is { Length: >= 1 and <= MaxKeyLength } && key.EnumerateRunes().All(rune => rune != Rune.ReplacementChar && !Rune.IsControl(rune)),
        field, key, "1 to 200 characters without control characters");

    /// <exception cref="JobRefusedException">A key cannot be held for this long.</exception>
    public static void CheckTtl(string field, TimeSpan? ttl) =>
        Require(ttl >= Limits.MinTimeout && ttl <= Limits.MaxDelay, field, ttl?.ToString(), "1 ms to 10 years");

    private static void Require(bool holds, string field, string? value, string allowed)
    {
        if (!holds)
        {
            throw new JobRefusedException(field, value, allowed);
        }
    }
}
