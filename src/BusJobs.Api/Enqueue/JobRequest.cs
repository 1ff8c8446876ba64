using System.Text.Json;
using System.Text.Json.Serialization;
using BusJobs.Api.Input;

namespace BusJobs.Api.Enqueue;

/// <summary>One job as a caller describes it.</summary>
public sealed record JobRequest
{
    internal static readonly string[] Members =
        ["kind", "payload", "queue", "priority", "runAt", "delay", "maxAttempts", "maxAge", "timeout", "id", "tenant", "tags", "unique", "serialKey"];

    /// <summary>The stable name of the command, for example <c>forge.reindex-search</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The command as JSON, at most 256 KiB and 32 levels. The handler gets it as it stands.</summary>
    public required JsonElement Payload { get; init; }

    /// <summary>Default: the queue of the kind, if this server knows the kind, else <c>default</c>.</summary>
    public string? Queue { get; init; }

    /// <summary>0 runs first, 255 last. Default: 100.</summary>
    public int? Priority { get; init; }

    /// <summary>The earliest start, with its offset; a time in the past means now.</summary>
    public DateTimeOffset? RunAt { get; init; }

    /// <summary>How long the job waits at least: a number with ms, s, m, h or d. Not together with runAt.</summary>
    public string? Delay { get; init; }

    /// <summary>1 to 1,000. Default: what the worker's policy says.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>The job expires if it was not started within this time of its enqueue.</summary>
    public string? MaxAge { get; init; }

    /// <summary>How long one attempt may run. Default: what the worker's policy says.</summary>
    public string? Timeout { get; init; }

    /// <summary>The job's identity: an id that the ledger knows changes nothing. Default: a new one, or one made of the Idempotency-Key.</summary>
    public Guid? Id { get; init; }

    /// <summary>Whose job this is.</summary>
    public string? Tenant { get; init; }

    /// <summary>At most 16 words to find the job by.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    public UniqueRequest? Unique { get; init; }

    /// <summary>Jobs of one key run one at a time, in the order in which they were enqueued, whatever their kinds and queues.</summary>
    public string? SerialKey { get; init; }

    /// <exception cref="InputException">The element is no such job.</exception>
    internal static NewJob Read(JsonElement element, string pointer, EnqueueContext context)
    {
        var fields = new Fields(element, pointer, Members);
        var kind = fields.NeededText("kind", Names.Allowed);
        var payload = element.TryGetProperty("payload", out var given)
            ? given.GetRawText()
            : throw InputException.Refused(fields.At("payload"), "payload", value: null, "any JSON value");
        try
        {
            return NewJob.From(kind, context.QueueOf(kind), payload, Options(fields, context), context.Clock);
        }
        catch (JobRefusedException refused)
        {
            throw new InputException(new Place(pointer + Problems.PointerTo(refused.Field)), refused.Message);
        }
    }

    private static EnqueueOptions Options(Fields fields, EnqueueContext context) => new()
    {
        Id = context.IdOf(fields),
        Queue = fields.Text("queue"),
        Priority = (byte)(fields.Number("priority", 0, byte.MaxValue) ?? EnqueueOptions.DefaultPriority),
        RunAt = fields.Time("runAt"),
        Delay = fields.Duration("delay"),
        MaxAttempts = fields.Number("maxAttempts", 1, Limits.MaxAttempts),
        MaxAge = fields.Duration("maxAge"),
        Timeout = fields.Duration("timeout"),
        Tenant = context.TenantOf(fields),
        Tags = fields.Texts("tags", Limits.MaxTags),
        Unique = UniqueRequest.Read(fields),
        SerialKey = fields.Text("serialKey"),
    };
}

/// <summary>Many jobs, enqueued as one: a fault in one of them means that none is.</summary>
/// <param name="Jobs">1 to 1,000 jobs.</param>
public sealed record BatchRequest([property: JsonRequired] IReadOnlyList<JobRequest> Jobs);
