using System.Text.Json;
using BusJobs;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;

namespace Forge.Hooks;

/// <summary>Makes deliveries of events, and new rounds of old ones. They commit with the caller's unit of work, and so do their jobs.</summary>
public sealed class Outgoing(HubContext hub, IJobClient jobs, TimeProvider clock)
{
    /// <summary>One delivery for each endpoint of the repository that wants this type of event.</summary>
    /// <returns>How many.</returns>
    public async Task<int> AddAsync(long repository, string type, object data, CancellationToken cancellationToken)
    {
        var endpoints = await hub.Endpoints.AsNoTracking().Where(endpoint => endpoint.RepositoryId == repository && endpoint.DisabledBecause == null).ToListAsync(cancellationToken);
        var wanted = endpoints.Where(endpoint => endpoint.Events.Contains(type) || endpoint.Events.Contains(HookEndpoint.Everything)).ToList();
        var now = clock.GetUtcNow();
        var eventId = $"evt_{Guid.CreateVersion7(now):n}";
        var body = JsonSerializer.Serialize(new { type, timestamp = now, data }, JsonSerializerOptions.Web);
        foreach (var endpoint in wanted)
        {
            await AddAsync(endpoint, new Delivery
            {
                Id = Guid.CreateVersion7(now), EndpointId = endpoint.Id, EventId = eventId, EventType = type, Body = body, CreatedAt = now,
            }, cancellationToken);
        }

        return wanted.Count;
    }

    /// <summary>Sends it once more, with the same id and a schedule from the beginning. The endpoint must be loaded.</summary>
    public async Task RedeliverAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        (delivery.State, delivery.TriesMade, delivery.NextAt) = (DeliveryState.Pending, 0, null);
        delivery.Round++;
        await jobs.EnqueueAsync(new DeliverWebhook(delivery.Id, delivery.Round), new EnqueueOptions { Tenant = delivery.Endpoint.Tenant }, cancellationToken);
    }

    private async Task AddAsync(HookEndpoint endpoint, Delivery delivery, CancellationToken cancellationToken)
    {
        hub.Add(delivery);
        await jobs.EnqueueAsync(new DeliverWebhook(delivery.Id, delivery.Round), new EnqueueOptions { Tenant = endpoint.Tenant }, cancellationToken);
    }
}
