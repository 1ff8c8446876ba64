using BusJobs.Ledger.Letters;

namespace BusJobs.Api.Dashboard.Letters;

/// <summary>Dead jobs that failed in the same way.</summary>
/// <param name="Sample">The newest reason, as far as it was read.</param>
/// <param name="Jobs">Newest first.</param>
/// <param name="Tenants">By how many jobs they have.</param>
public sealed record DeadGroup(
    Fingerprint Fingerprint, string Sample, IReadOnlyList<DeadJob> Jobs, IReadOnlyList<string> Tenants, DateTimeOffset FirstSeen, DateTimeOffset LastSeen)
{
    /// <param name="dead">Newest first.</param>
    /// <returns>The group with the newest death first.</returns>
    public static IReadOnlyList<DeadGroup> Of(IEnumerable<DeadJob> dead) =>
    [
        .. dead.GroupBy(job => Fingerprint.Of(job.Kind, job.Reason).Key).Select(group =>
        {
            var newest = group.First();
            return new DeadGroup(
                Fingerprint.Of(newest.Kind, newest.Reason), newest.Reason, [.. group],
                [.. group.Where(job => job.Tenant is not null).CountBy(job => job.Tenant!).OrderByDescending(tenant => tenant.Value).Select(tenant => tenant.Key)],
                group.Min(job => job.DiedAt), group.Max(job => job.DiedAt));
        }).OrderByDescending(group => group.LastSeen),
    ];
}
