using Forge.Hooks;
using Forge.Hooks.Wire;
using Forge.Hub;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace Forge.Api;

/// <param name="Secret">Default: a new one, which the answer tells, once.</param>
internal sealed record NewHook(string Url, IReadOnlyList<string> Events, string? Secret = null);

internal sealed record NewSecret(string? Secret = null);

/// <summary>Where events are sent, and how that went. A secret is told when it is made and never again.</summary>
internal static class HookCalls
{
    private static readonly string[] Types = ["push", "pull-request", HookEndpoint.Everything];

    public static void Map(IEndpointRouteBuilder calls)
    {
        calls.MapPost("/repositories/{org}/{name}/hooks", AddAsync);
        calls.MapGet("/repositories/{org}/{name}/hooks/{id:guid}", ShowAsync);
        calls.MapPost("/repositories/{org}/{name}/hooks/{id:guid}/rotate", RotateAsync);
        calls.MapPost("/repositories/{org}/{name}/hooks/{id:guid}/enable", EnableAsync);
        calls.MapGet("/repositories/{org}/{name}/hooks/{id:guid}/deliveries", DeliveriesAsync);
        calls.MapPost("/repositories/{org}/{name}/hooks/{id:guid}/deliveries/{delivery:guid}/redeliver", RedeliverAsync);
    }

    private static async Task<IResult> AddAsync(
        string org, string name, HttpContext context, HubContext hub, HookOptions options, SecretBox box, TimeProvider clock, CancellationToken cancellationToken)
    {
        var asked = await Asked.BodyAsync<NewHook>(context, cancellationToken);
        var fault = HookUrl.Fault(asked.Url, options);
        Asked.Require(fault is null, "url", asked.Url, fault ?? "");
        Asked.Require(asked.Events is { Count: > 0 and <= 10 } && asked.Events.All(Types.Contains), "events", asked.Events is null ? null : string.Join(", ", asked.Events), $"one or more of {string.Join(", ", Types)}");
        var secret = Checked(asked.Secret);
        var repository = await hub.RepositoryAsync(org, name, cancellationToken);
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        hub.Add(new HookEndpoint { Id = id, RepositoryId = repository.Id, Url = asked.Url, Events = [.. asked.Events!], Secret = box.Seal(secret, id) });
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/forge/repositories/{org}/{name}/hooks/{id}", new { id, secret });
    }

    private static async Task<IResult> ShowAsync(string org, string name, Guid id, HubContext hub, CancellationToken cancellationToken)
    {
        var endpoint = await hub.EndpointAsync(org, name, id, cancellationToken);
        return TypedResults.Ok(new { endpoint.Id, endpoint.Url, endpoint.Events, endpoint.Failures, endpoint.FailingSince, endpoint.OpenUntil, endpoint.DisabledBecause });
    }

    private static async Task<IResult> RotateAsync(
        string org, string name, Guid id, HttpContext context, HubContext hub, HookOptions options, SecretBox box, TimeProvider clock, CancellationToken cancellationToken)
    {
        var secret = Checked((await Asked.BodyAsync<NewSecret>(context, cancellationToken)).Secret);
        (await hub.EndpointAsync(org, name, id, cancellationToken)).Rotate(secret, box, clock.GetUtcNow() + options.RotationOverlap);
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(new { secret });
    }

    private static async Task<IResult> EnableAsync(string org, string name, Guid id, HubContext hub, CancellationToken cancellationToken)
    {
        var endpoint = await hub.EndpointAsync(org, name, id, cancellationToken);
        (endpoint.DisabledBecause, endpoint.Failures, endpoint.FailingSince, endpoint.OpenUntil) = (null, 0, null, null);
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>The newest hundred, each with its tries of the last thirty days.</summary>
    private static async Task<IResult> DeliveriesAsync(string org, string name, Guid id, HubContext hub, CancellationToken cancellationToken)
    {
        var endpoint = await hub.EndpointAsync(org, name, id, cancellationToken);
        var found = await hub.Deliveries.AsNoTracking().Include(delivery => delivery.Tries).Where(delivery => delivery.EndpointId == endpoint.Id)
            .OrderByDescending(delivery => delivery.CreatedAt).Take(100).ToListAsync(cancellationToken);
        return TypedResults.Ok(found.Select(delivery => new
        {
            delivery.Id, delivery.EventId, delivery.EventType, delivery.State, delivery.CreatedAt, delivery.NextAt, delivery.Body,
            Tries = delivery.Tries.OrderBy(tried => tried.Id).Select(tried => new { tried.Round, tried.Number, tried.At, tried.TookMs, tried.Status, tried.Fault, tried.Request, tried.Response }),
        }));
    }

    private static async Task<IResult> RedeliverAsync(string org, string name, Guid id, Guid delivery, HubContext hub, Outgoing outgoing, CancellationToken cancellationToken)
    {
        var endpoint = await hub.EndpointAsync(org, name, id, cancellationToken);
        if (endpoint.DisabledBecause is { } why)
        {
            throw new RefusedException(StatusCodes.Status409Conflict, $"The webhook is disabled: {why} Enable it first.");
        }

        var found = await hub.Deliveries.Include(one => one.Endpoint).SingleOrDefaultAsync(one => one.Id == delivery && one.EndpointId == endpoint.Id, cancellationToken)
            ?? throw RefusedException.NotFound($"delivery {delivery} of webhook {id}");
        await outgoing.RedeliverAsync(found, cancellationToken);
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.Accepted((string?)null);
    }

    /// <summary>The value is never repeated: it may be a good secret with a slip of the pen.</summary>
    private static string Checked(string? secret)
    {
        Asked.Require(secret is null || WebhookSecret.TryRead(secret, out _), "secret", "(not shown)", WebhookSecret.Allowed);
        return secret ?? WebhookSecret.New();
    }
}
