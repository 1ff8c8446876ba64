namespace BusJobs;

/// <summary>What the door lets in. One place, so that documentation, checks and messages agree.</summary>
public static class Limits
{
    /// <summary>Bytes of UTF-8. A pack of one such job stays far below the broker's smallest default message limit (16 MiB).</summary>
    public const int MaxPayloadBytes = 256 * 1024;

    public const int MaxPayloadDepth = 32;
    public const int MaxAttempts = 1_000;
    public const int MaxTags = 16;
    public const int MaxSerialKey = 200;

    /// <summary>Error text beyond this is cut: stack traces repeat themselves, and an error must fit wherever the job goes.</summary>
    public const int MaxReasonBytes = 8 * 1024;

    /// <summary>Crashes of its worker that a job is held responsible for before it is dead.</summary>
    public const int MaxCrashes = 3;

    public static readonly TimeSpan MaxDelay = TimeSpan.FromDays(3653);
    public static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(1);
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(7);
}
