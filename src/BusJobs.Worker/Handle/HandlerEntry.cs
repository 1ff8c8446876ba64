using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.Worker;

/// <summary>What a worker knows of one kind: how to read its command and whom to give it to. Made once per registration.</summary>
internal abstract class HandlerEntry(JobKind kind, Type handler, JobPolicy policy)
{
    public string Kind { get; } = kind.Name;
    public string Queue { get; } = kind.Queue;
    public Type Handler { get; } = handler;
    public JobPolicy Policy { get; } = policy;

    /// <exception cref="MalformedPayloadException">The payload does not fit the command.</exception>
    public abstract Task InvokeAsync(IServiceProvider services, string payload, JobAttempt attempt, CancellationToken cancellationToken);
}

/// <summary>Compiled for the command, so that a job costs no reflection.</summary>
internal sealed class HandlerEntry<TJob, THandler>(JobKind kind, JobPolicy policy) : HandlerEntry(kind, typeof(THandler), policy)
    where TJob : notnull
    where THandler : class, IJobHandler<TJob>
{
    private JsonTypeInfo<TJob>? shape;

    public override Task InvokeAsync(IServiceProvider services, string payload, JobAttempt attempt, CancellationToken cancellationToken) =>
        services.GetRequiredService<THandler>().HandleAsync(Read(payload), attempt, cancellationToken);

    // Only reading is in this block: a JsonException of the handler's own is an ordinary failure.
    private TJob Read(string payload)
    {
        try
        {
            shape ??= (JsonTypeInfo<TJob>)PayloadJson.Options.GetTypeInfo(typeof(TJob));
            return JsonSerializer.Deserialize(payload, shape) ?? throw new JsonException("The payload is null.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException or InvalidOperationException or FormatException)
        {
            throw new MalformedPayloadException(Kind, exception);
        }
    }
}

/// <summary>No attempt can succeed, since the command cannot even be read.</summary>
internal sealed class MalformedPayloadException(string kind, Exception inner)
    : Exception($"The payload does not fit the kind '{kind}': {inner.Message}", inner);
