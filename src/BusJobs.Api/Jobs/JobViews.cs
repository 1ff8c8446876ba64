using System.Text.Json.Serialization;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using BusJobs.Wire;

namespace BusJobs.Api.Jobs;

/// <summary>A job with its payload and its attempts.</summary>
public sealed record JobView
{
    public required Guid Id { get; init; }
    public required string Kind { get; init; }
    public required string Queue { get; init; }

    /// <summary>scheduled, ready, dispatched, succeeded, dead, cancelled or expired.</summary>
    public required string State { get; init; }

    /// <summary>As it was enqueued; what members with telling names hold, such as passwords, is shown to keys with the scope admin only.</summary>
    [JsonConverter(typeof(RawJsonConverter))]
    public required string Payload { get; init; }

    /// <summary>Whether something of the payload is not shown.</summary>
    public required bool Masked { get; init; }

    public required int Priority { get; init; }
    public required DateTimeOffset RunAt { get; init; }

    /// <summary>Attempts that were burnt: successes and failures, not snoozes and releases.</summary>
    public required int Attempts { get; init; }

    public required int Crashes { get; init; }
    public required bool CancelRequested { get; init; }
    public required DateTimeOffset EnqueuedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public int? MaxAttempts { get; init; }
    public double? TimeoutSeconds { get; init; }
    public string? Tenant { get; init; }

    /// <summary>The key of which one job at a time is active.</summary>
    public string? UniqueKey { get; init; }

    /// <summary>The key whose jobs run one at a time, in order.</summary>
    public string? SerialKey { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The trace that it was enqueued in; each attempt is a span of it, with the tag <c>busjobs.attempt</c>.</summary>
    public string? TraceId { get; init; }

    /// <summary>Why it waits, failed, or ended as it did.</summary>
    public string? Reason { get; init; }

    /// <summary>Who has discarded it when it was dead; its reason is what it had died of.</summary>
    public string? DiscardedBy { get; init; }

    /// <summary>What the running handler reported last: 0 to 100, and a note.</summary>
    public ProgressView? Progress { get; init; }

    /// <summary>The job whose success enqueued this one.</summary>
    public Guid? Follows { get; init; }

    /// <summary>The first 100 jobs that its success enqueued, as far as they are still there.</summary>
    public IReadOnlyList<FollowUpView> FollowUps { get; init; } = [];

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<AttemptView> History { get; init; } = [];

    /// <param name="reveal">True to mask nothing of the payload.</param>
    /// <param name="tenant">The only tenant whose follow-ups are told; null for all.</param>
    internal static JobView Of(JobRecord job, bool reveal, string? tenant) => Of(job, reveal ? (job.Payload, false) : PayloadMask.Show(job.Payload, reveal), tenant);

    private static JobView Of(JobRecord job, (string Text, bool IsMasked) payload, string? tenant) => new()
    {
        Id = job.Id,
        Kind = job.Kind,
        Queue = job.Queue,
        State = job.State.Word,
        Payload = payload.IsMasked ? payload.Text : job.Payload,
        Masked = payload.IsMasked,
        Priority = job.Priority,
        RunAt = job.RunAt,
        Attempts = job.Attempts,
        Crashes = job.Crashes,
        CancelRequested = job.CancelRequested,
        EnqueuedAt = job.EnqueuedAt,
        FinishedAt = job.FinishedAt,
        MaxAttempts = job.MaxAttempts,
        TimeoutSeconds = job.Timeout?.TotalSeconds,
        Tenant = job.Tenant,
        UniqueKey = job.UniqueKey,
        SerialKey = job.SerialKey,
        Tags = job.Tags,
        TraceId = job.TraceId,
        Reason = job.Reason,
        DiscardedBy = job.DiscardedBy,
        Progress = job.Progress is { } progress ? new ProgressView(progress.Percent, progress.Note) : null,
        Follows = job.Follows,
        FollowUps = [.. job.FollowUpsFor(tenant).Select(one => new FollowUpView(one.Id, one.Kind, one.State.Word))],
        History = [.. job.History.Select(AttemptView.Of)],
    };

}

public sealed record FollowUpView(Guid Id, string Kind, string State);

public sealed record ProgressView(int Percent, string? Note);

/// <param name="Ending">completed, retryAt, snoozed, deadLettered, cancelled or released.</param>
public sealed record AttemptView(int Number, string Ending, string Worker, DateTimeOffset EndedAt, double DurationMs, string? Reason)
{
    internal static AttemptView Of(AttemptRecord attempt) => new(
        attempt.Number, attempt.Ending.Word, attempt.Worker, attempt.EndedAt,
        attempt.Duration.TotalMilliseconds, attempt.Reason);
}

/// <summary>A job in a list.</summary>
public sealed record JobLine(
    Guid Id, string Kind, string Queue, string State, int Priority, DateTimeOffset RunAt, int Attempts, DateTimeOffset EnqueuedAt, DateTimeOffset? FinishedAt,
    string? Tenant, IReadOnlyList<string> Tags, string? Reason, string? DiscardedBy)
{
    internal static JobLine Of(JobSummary job) => new(
        job.Id, job.Kind, job.Queue, job.State.Word, job.Priority, job.RunAt, job.Attempts, job.EnqueuedAt, job.FinishedAt, job.Tenant, job.Tags,
        job.Reason, job.DiscardedBy);
}

/// <param name="Next">For the parameter <c>cursor</c> of the next page; null at the end. A page may be short, even empty, and have a next one.</param>
public sealed record JobList(IReadOnlyList<JobLine> Jobs, string? Next);

/// <summary>What an operation on a job came to.</summary>
/// <param name="State">The state that the job is in now, or will be in soon.</param>
public sealed record JobChanged(Guid Id, string State);
