namespace BusJobs;

/// <param name="Percent">0 to 100.</param>
/// <param name="Note">At most 200 characters.</param>
public sealed record JobProgress(Guid JobId, int Percent, string? Note);
