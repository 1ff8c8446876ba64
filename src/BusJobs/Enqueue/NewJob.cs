using System.Diagnostics;
using System.Text.Json.Serialization;
using BusJobs.Wire;

namespace BusJobs;

/// <summary>A job at the door: checked, serialized, not yet in the ledger. Also the wire form of a follow-up.</summary>
public sealed record NewJob
{
    public required Guid Id { get; init; }
    public required string Kind { get; init; }
    public required string Queue { get; init; }

    /// <summary>The exact JSON that the handler will get.</summary>
    [JsonConverter(typeof(RawJsonConverter))]
    public required string Payload { get; init; }

    public byte Priority { get; init; } = EnqueueOptions.DefaultPriority;
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>Counted by the ledger's clock from the moment of insertion, so that a producer's wrong clock delays nothing.</summary>
    public TimeSpan? Delay { get; init; }

    public int? MaxAttempts { get; init; }
    public TimeSpan? Timeout { get; init; }

    /// <summary>Counted from the moment at which the job is due.</summary>
    public TimeSpan? MaxAge { get; init; }

    public Unique? Unique { get; init; }
    public string? Tenant { get; init; }
    public string? SerialKey { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? TraceParent { get; init; }

    /// <exception cref="JobRefusedException">An option or the payload is not allowed.</exception>
    public static NewJob From<TJob>(TJob job, EnqueueOptions? options, TimeProvider clock)
        where TJob : notnull
    {
        var kind = JobKind.Of(job.GetType());
        return From(kind.Name, kind.Queue, PayloadJson.Write(job), options, clock);
    }

    /// <summary>For callers that hold JSON and a kind's name instead of a command.</summary>
    /// <exception cref="JobRefusedException">A name, an option or the payload is not allowed.</exception>
    public static NewJob From(string kind, string queue, string payload, EnqueueOptions? options, TimeProvider clock)
    {
        options ??= EnqueueOptions.Default;
        return new NewJob
        {
            Id = options.Id ?? Guid.CreateVersion7(clock.GetUtcNow()),
            Kind = kind,
            Queue = options.Queue ?? queue,
            Payload = payload,
            Priority = options.Priority,
            RunAt = options.RunAt,
            Delay = options.Delay,
            MaxAttempts = options.MaxAttempts,
            Timeout = options.Timeout,
            MaxAge = options.MaxAge,
            Unique = options.Unique,
            Tenant = options.Tenant,
            SerialKey = options.SerialKey,
            Tags = options.Tags,
            TraceParent = options.TraceParent ?? CurrentTrace(),
        }.Checked();
    }

    /// <summary>Applies every rule of the door. Each way in calls it once, so the ledger never sees what it could not dispatch.</summary>
    /// <exception cref="JobRefusedException">The first rule that is broken.</exception>
    public NewJob Checked()
    {
        Names.Check("kind", Kind);
        Names.CheckQueue(Queue);
        PayloadJson.Check(Payload);
        Require(Id != Guid.Empty, "id", Id.ToString(), "a UUID that is not all zero");
        Require(Delay is null || RunAt is null, "delay", Delay?.ToString(), "either a delay or a run-at time, not both");
        Require(Delay is not { } delay || (delay >= TimeSpan.Zero && delay <= Limits.MaxDelay), "delay", Delay?.ToString(), "0 to 10 years");
        Require(RunAt is not { } at || (at.Year is >= 1970 and <= 2200), "runAt", RunAt?.ToString("O"), "a time between the years 1970 and 2200");
        Require(MaxAttempts is null or (>= 1 and <= Limits.MaxAttempts), "maxAttempts", MaxAttempts?.ToString(), "1 to 1,000");
        Require(Timeout is not { } timeout || (timeout >= Limits.MinTimeout && timeout <= Limits.MaxTimeout), "timeout", Timeout?.ToString(), "1 ms to 7 days");
        Require(MaxAge is not { } age || (age >= Limits.MinTimeout && age <= Limits.MaxDelay), "maxAge", MaxAge?.ToString(), "1 ms to 10 years");
        Unique?.Check();
        Require(Tenant is null || Names.IsAllowed(Tenant), "tenant", Tenant, Names.Allowed);
        Require(SerialKey is null || IsKey(SerialKey), "serialKey", SerialKey, $"1 to {Limits.MaxSerialKey} characters without control characters");
        Require(Tags is not null, "tags", value: null, "a list, which may be empty");
        Require(Tags!.Count <= Limits.MaxTags, "tags", Tags.Count.ToString(), "at most 16 tags");
        Require(Tags.All(Names.IsAllowed), "tags", Tags.FirstOrDefault(tag => !Names.IsAllowed(tag)), Names.Allowed);
        Require(TraceParent is null || ActivityContext.TryParse(TraceParent, traceState: null, out _), "traceParent", TraceParent, "a W3C traceparent");
        return this;
    }

    /// <summary>An activity of another format than W3C cannot be continued elsewhere.</summary>
    private static string? CurrentTrace() => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    private static bool IsKey(string key) => key.Length is > 0 and <= Limits.MaxSerialKey && !key.Any(char.IsControl) && !key.Any(char.IsSurrogate);

    private static void Require(bool holds, string field, string? value, string allowed)
    {
        if (!holds)
        {
            throw new JobRefusedException(field, value, allowed);
        }
    }
}
