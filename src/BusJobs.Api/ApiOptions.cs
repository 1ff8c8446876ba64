using System.ComponentModel.DataAnnotations;

namespace BusJobs.Api;

/// <summary>How much the HTTP API takes in at once. With the defaults a heap of 256 MiB serves, however many call.</summary>
public sealed class ApiOptions
{
    /// <summary>Most jobs that wait for their commit; beyond, requests are answered 429 at once. Default: 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaitingJobs { get; set; } = 10_000;

    /// <summary>Most bytes of bodies that are being read or wait for their commit. Default: 32 MiB.</summary>
    [Range(1_024, 1_024 * 1_024 * 1_024)]
    public int MaxWaitingBytes { get; set; } = 32 * 1_024 * 1_024;

    /// <summary>Most jobs in one commit; a batch counts whole. Default: 1,000.</summary>
    [Range(1, 10_000)]
    public int MaxGroup { get; set; } = 1_000;

    /// <summary>Commits that may be under way at once. Default: 2.</summary>
    [Range(1, 16)]
    public int CommitLoops { get; set; } = 2;

    /// <summary>
    /// Commits of jobs with unique keys that may be under way at once, each of one request. Such a commit waits for a rival whose
    /// transaction is open elsewhere, so it is shared with nobody. Default: 8.
    /// </summary>
    [Range(1, 64)]
    public int KeyedLoops { get; set; } = 8;

    /// <summary>Most jobs in one batch. Default: 1,000.</summary>
    [Range(1, 10_000)]
    public int MaxBatch { get; set; } = 1_000;

    /// <summary>Most bytes of one batch. Default: 8 MiB.</summary>
    [Range(1_024, 64 * 1_024 * 1_024)]
    public int MaxBatchBytes { get; set; } = 8 * 1_024 * 1_024;

    /// <summary>Failed authentications of one address in a minute, before its unknown keys are no longer looked up. Default: 20.</summary>
    [Range(1, 10_000)]
    public int MaxFailedTries { get; set; } = 20;

    /// <summary>Reading requests that one key may send in a second, and ten times as many at once. Default: 200.</summary>
    [Range(1, 1_000_000)]
    public int MaxReads { get; set; } = 200;

    /// <summary>Requests that change something, other than enqueueing, which one key may send in a second, and ten times as many at once. Default: 50.</summary>
    [Range(1, 1_000_000)]
    public int MaxDeeds { get; set; } = 50;

    /// <summary>Queues of kinds that this process knows, for jobs that name none. Others wait in <see cref="Names.DefaultQueue"/>.</summary>
    public IDictionary<string, string> QueueOfKind { get; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
