using System.Collections.Concurrent;

namespace Forge.Hooks.Wire;

/// <summary>How many requests this process has under way to each endpoint.</summary>
internal sealed class EndpointGates(HookOptions options)
{
    private readonly ConcurrentDictionary<Guid, int> busy = new();

    /// <returns>A place, to be disposed of; null when all are taken.</returns>
    public IDisposable? TryEnter(Guid endpoint)
    {
        if (busy.AddOrUpdate(endpoint, 1, (_, count) => count + 1) <= options.PerEndpoint)
        {
            return new Place(this, endpoint);
        }

        Leave(endpoint);
        return null;
    }

    private void Leave(Guid endpoint)
    {
        busy.AddOrUpdate(endpoint, 0, (_, count) => count - 1);
        busy.TryRemove(KeyValuePair.Create(endpoint, 0));
    }

    private sealed class Place(EndpointGates gates, Guid endpoint) : IDisposable
    {
        public void Dispose() => gates.Leave(endpoint);
    }
}
