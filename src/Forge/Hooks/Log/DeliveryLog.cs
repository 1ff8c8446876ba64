using Forge.Hub;
using Microsoft.EntityFrameworkCore;

namespace Forge.Hooks.Log;

/// <summary>What is known of endpoints and of what was sent to them, for people, and one more round for a delivery.</summary>
public sealed class DeliveryLog(HubContext hub, Outgoing outgoing)
{
    /// <summary>Endpoints in one answer; there are few for each repository.</summary>
    public const int MostEndpoints = 200;

    private const int Lines = 50;

    /// <summary>How many one page looks at, so that a rare outcome does not make it slow.</summary>
    private const int MostLookedAt = 10_000;

    /// <summary>The newest.</summary>
    public async Task<IReadOnlyList<EndpointLine>> EndpointsAsync(CancellationToken cancellationToken) => await hub.Endpoints.AsNoTracking()
        .OrderByDescending(endpoint => endpoint.Id).Take(MostEndpoints)
        .Join(hub.Repositories, endpoint => endpoint.RepositoryId, repository => repository.Id, (endpoint, repository) => new EndpointLine(endpoint, repository.Org + "/" + repository.Name))
        .ToListAsync(cancellationToken);

    /// <summary>A page of deliveries, the newest first: their ids begin with the time.</summary>
    /// <returns>The page, and where the next one begins; null at the end. A page may be short, and not be the last.</returns>
    public async Task<(IReadOnlyList<DeliveryLine> Lines, Guid? Next)> PageAsync(DeliveryFilter filter, Guid? before, CancellationToken cancellationToken)
    {
        var older = before is { } id ? hub.Deliveries.Where(delivery => delivery.Id < id) : hub.Deliveries;
        var looked = older.OrderByDescending(delivery => delivery.Id).Take(MostLookedAt);
        var matching = filter.Endpoint is { } endpoint ? looked.Where(delivery => delivery.EndpointId == endpoint) : looked;
        matching = filter.State is { } state ? matching.Where(delivery => delivery.State == state) : matching;
        var found = await Columns(matching.OrderByDescending(delivery => delivery.Id).Take(Lines + 1)).ToListAsync(cancellationToken);
        return found.Count > Lines
            ? (found[..Lines], found[Lines - 1].Id)
            : (found, await looked.Skip(MostLookedAt - 1).Select(delivery => (Guid?)delivery.Id).FirstOrDefaultAsync(cancellationToken));
    }

    /// <returns>The delivery with its tries and its endpoint, and the name of its repository; null when it is not there.</returns>
    public async Task<(Delivery Delivery, string Repository)?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        var delivery = await hub.Deliveries.AsNoTracking().Include(one => one.Tries).Include(one => one.Endpoint).SingleOrDefaultAsync(one => one.Id == id, cancellationToken);
        return delivery is null ? null : (delivery, (await hub.Repositories.SingleAsync(one => one.Id == delivery.Endpoint.RepositoryId, cancellationToken)).ToString());
    }

    /// <summary>Sends a delivery once more, with the same id and a schedule from the beginning.</summary>
    /// <returns>The delivery, now in its new round, unless the refusal says why not; null when it is not there.</returns>
    public async Task<(Delivery Delivery, Refusal Refusal)?> RedeliverAsync(Guid id, CancellationToken cancellationToken)
    {
        if (await hub.Deliveries.Include(one => one.Endpoint).SingleOrDefaultAsync(one => one.Id == id, cancellationToken) is not { } delivery)
        {
            return null;
        }

        if (delivery.Endpoint.DisabledBecause is not null)
        {
            return (delivery, Refusal.Disabled);
        }

        await outgoing.RedeliverAsync(delivery, cancellationToken);
        try
        {
            await hub.SaveChangesAsync(cancellationToken);
            return (delivery, Refusal.None);
        }
        catch (DbUpdateConcurrencyException)
        {
            return (delivery, Refusal.Changed);
        }
    }

    private static IQueryable<DeliveryLine> Columns(IQueryable<Delivery> deliveries) =>
        from delivery in deliveries
        let last = delivery.Tries.OrderByDescending(tried => tried.Id).FirstOrDefault()
        select new DeliveryLine(
            delivery.Id, delivery.EndpointId, delivery.EventType, delivery.State, delivery.CreatedAt, delivery.TriesMade,
            last == null ? null : last.Status, last == null ? null : last.Fault);
}
