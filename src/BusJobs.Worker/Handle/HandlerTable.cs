using System.Collections.Frozen;

namespace BusJobs.Worker;

/// <summary>The handlers of this process by kind. Handlers are registered explicitly; nothing is found by a name in data.</summary>
internal sealed class HandlerTable(IEnumerable<HandlerEntry> entries)
{
    // The options are validated before this is used, and a second handler of a kind is refused there.
    private readonly FrozenDictionary<string, HandlerEntry> byKind =
        entries.DistinctBy(entry => entry.Kind).ToFrozenDictionary(entry => entry.Kind, StringComparer.Ordinal);

    public IReadOnlyList<string> Kinds => byKind.Keys;
    public IEnumerable<string> Queues => byKind.Values.Select(entry => entry.Queue).Distinct();

    public HandlerEntry? Find(string kind) => byKind.GetValueOrDefault(kind);
}
