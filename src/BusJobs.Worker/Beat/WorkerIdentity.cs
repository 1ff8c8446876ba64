namespace BusJobs.Worker;

/// <param name="Id">New for each start, so that a restarted worker is never mistaken for its former self.</param>
/// <param name="Name">For people.</param>
internal sealed record WorkerIdentity(Guid Id, string Name);
