using Forge.Hooks;
using Forge.Hooks.Log;
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

internal sealed record HookAnswer(
    Guid Id, string Url, IReadOnlyList<string> Events, int Failures, DateTimeOffset? FailingSince, DateTimeOffset? OpenUntil, string? DisabledBecause);

/// <summary>Where events are sent. A secret is told when it is made and never again; each change is on record.</summary>
internal static class HookCalls
{
    private const string ByHand = "It was switched off through the API.";

    private static readonly string[] Types = ["push", "pull-request", HookEndpoint.Everything];

    public static void Map(IEndpointRouteBuilder calls)
    {
        calls.MapPost("/repositories/{org}/{name}/hooks", AddAsync);
        calls.MapGet("/repositories/{org}/{name}/hooks", ListAsync);
        calls.MapGet("/repositories/{org}/{name}/hooks/{id:guid}", ShowAsync);
        calls.MapPost("/repositories/{org}/{name}/hooks/{id:guid}/rotate", RotateAsync);
        calls.MapPost("/repositories/{org}/{name}/hooks/{id:guid}/disable", DisableAsync);
        calls.MapPost("/repositories/{org}/{name}/hooks/{id:guid}/enable", EnableAsync);
        calls.MapGet("/repositories/{org}/{name}/hooks/{id:guid}/changes", ChangesAsync);
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
        var endpoint = new HookEndpoint { Id = id, RepositoryId = repository.Id, Url = asked.Url, Events = [.. asked.Events!], Secret = box.Seal(secret, id) };
        hub.AddRange(endpoint, Change(endpoint, HookChangeKind.Made, $"{endpoint.UrlForPeople} for {string.Join(", ", endpoint.Events)}", context, clock));
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/forge/repositories/{org}/{name}/hooks/{id}", new { id, secret });
    }

    private static async Task<IResult> ListAsync(string org, string name, HubContext hub, CancellationToken cancellationToken)
    {
        var repository = await hub.RepositoryAsync(org, name, cancellationToken);
        var found = await hub.Endpoints.AsNoTracking().Where(endpoint => endpoint.RepositoryId == repository.Id).OrderByDescending(endpoint => endpoint.Id).Take(100).ToListAsync(cancellationToken);
        return TypedResults.Ok(found.Select(Told));
    }

    private static async Task<IResult> ShowAsync(string org, string name, Guid id, HubContext hub, CancellationToken cancellationToken) =>
        TypedResults.Ok(Told(await hub.EndpointAsync(org, name, id, cancellationToken)));

    private static async Task<IResult> RotateAsync(
        string org, string name, Guid id, HttpContext context, HubContext hub, HookOptions options, SecretBox box, TimeProvider clock, CancellationToken cancellationToken)
    {
        var secret = Checked((await Asked.BodyAsync<NewSecret>(context, cancellationToken)).Secret);
        var endpoint = await hub.EndpointAsync(org, name, id, cancellationToken);
        var until = clock.GetUtcNow() + options.RotationOverlap;
        endpoint.Rotate(secret, box, until);
        hub.Add(Change(endpoint, HookChangeKind.SecretRotated, $"The old one signs beside the new one until {until:u}.", context, clock));
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.Ok(new { secret });
    }

    /// <summary>What is on its way to it is dropped when its turn comes.</summary>
    private static async Task<IResult> DisableAsync(string org, string name, Guid id, HttpContext context, HubContext hub, TimeProvider clock, CancellationToken cancellationToken)
    {
        var endpoint = await hub.EndpointAsync(org, name, id, cancellationToken);
        if (endpoint.DisabledBecause is null)
        {
            endpoint.DisabledBecause = ByHand;
            hub.Add(Change(endpoint, HookChangeKind.Disabled, ByHand, context, clock));
            await hub.SaveChangesAsync(cancellationToken);
        }

        return TypedResults.NoContent();
    }

    private static async Task<IResult> EnableAsync(string org, string name, Guid id, HttpContext context, HubContext hub, TimeProvider clock, CancellationToken cancellationToken)
    {
        var endpoint = await hub.EndpointAsync(org, name, id, cancellationToken);
        hub.Add(Change(endpoint, HookChangeKind.Enabled, endpoint.DisabledBecause is { } why ? $"Before: {why}" : "It was not disabled; what was known of its failures is forgotten.", context, clock));
        (endpoint.DisabledBecause, endpoint.Failures, endpoint.FailingSince, endpoint.OpenUntil) = (null, 0, null, null);
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>The newest hundred.</summary>
    private static async Task<IResult> ChangesAsync(string org, string name, Guid id, HubContext hub, CancellationToken cancellationToken)
    {
        var endpoint = await hub.EndpointAsync(org, name, id, cancellationToken);
        var found = await hub.HookChanges.AsNoTracking().Where(change => change.EndpointId == endpoint.Id).OrderByDescending(change => change.Id).Take(100).ToListAsync(cancellationToken);
        return TypedResults.Ok(found.Select(change => new { change.At, change.What, change.CalledFrom, change.Detail }));
    }

    private static HookAnswer Told(HookEndpoint endpoint) =>
        new(endpoint.Id, endpoint.Url, endpoint.Events, endpoint.Failures, endpoint.FailingSince, endpoint.OpenUntil, endpoint.DisabledBecause);

    private static HookChange Change(HookEndpoint endpoint, HookChangeKind what, string detail, HttpContext context, TimeProvider clock) => new()
    {
        EndpointId = endpoint.Id, At = clock.GetUtcNow(), What = what, CalledFrom = context.Connection.RemoteIpAddress?.ToString() ?? "unknown", Detail = detail,
    };

    /// <summary>The value is never repeated: it may be a good secret with a slip of the pen.</summary>
    private static string Checked(string? secret)
    {
        Asked.Require(secret is null || WebhookSecret.TryRead(secret, out _), "secret", "(not shown)", WebhookSecret.Allowed);
        return secret ?? WebhookSecret.New();
    }
}
