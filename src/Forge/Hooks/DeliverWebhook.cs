using BusJobs;

namespace Forge.Hooks;

/// <summary>Brings one delivery to its endpoint, however many days it takes.</summary>
/// <param name="Delivery">Its id in the hub.</param>
/// <param name="Round">Which round of tries; see <see cref="Hooks.Delivery.Round"/>.</param>
[JobKind("forge.deliver-webhook", Queue = "hooks")]
public sealed record DeliverWebhook(Guid Delivery, int Round);
