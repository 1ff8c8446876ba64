using Forge.Hooks;
using Forge.Hub;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace Forge.Api;

/// <summary>What was sent to an endpoint, how that went, and once more.</summary>
internal static class DeliveryCalls
{
    public static void Map(IEndpointRouteBuilder calls)
    {
        calls.MapGet("/repositories/{org}/{name}/hooks/{id:guid}/deliveries", DeliveriesAsync);
        calls.MapPost("/repositories/{org}/{name}/hooks/{id:guid}/deliveries/{delivery:guid}/redeliver", RedeliverAsync);
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
}
