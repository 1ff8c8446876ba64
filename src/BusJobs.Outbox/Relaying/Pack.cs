using BusJobs.Wire;

namespace BusJobs.Outbox.Relaying;

/// <summary>A handover and the rows that its jobs came from, in the same order.</summary>
/// <param name="ClaimedAt">A timestamp of the relay's clock.</param>
internal sealed record Pack(Handover Handover, IReadOnlyList<OutboxEntry> Rows, long ClaimedAt);

/// <param name="Misfits">Rows that hold no job.</param>
internal sealed record Packed(IReadOnlyList<Pack> Packs, IReadOnlyList<PutBack> Misfits);
