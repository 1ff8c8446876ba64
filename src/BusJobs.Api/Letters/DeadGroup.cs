namespace BusJobs.Api.Letters;

/// <summary>Dead jobs that failed in the same way.</summary>
/// <param name="Deaths">Newest first.</param>
/// <param name="Tenants">By how many jobs they have.</param>
public sealed record DeadGroup(Fingerprint Fingerprint, IReadOnlyList<Death> Deaths, IReadOnlyList<string> Tenants)
{
    public DateTimeOffset LastSeen => Deaths[0].Job.DiedAt;

    public DateTimeOffset FirstSeen => Deaths[^1].Job.DiedAt;

    /// <param name="deaths">Newest first.</param>
    /// <returns>The group with the newest death first.</returns>
    public static IReadOnlyList<DeadGroup> Of(IEnumerable<Death> deaths) =>
    [
        .. deaths.GroupBy(death => death.Fingerprint.Key, StringComparer.Ordinal)
            .Select(group => new DeadGroup(
                group.First().Fingerprint, [.. group],
                [.. group.Select(death => death.Job.Tenant).OfType<string>().CountBy(tenant => tenant).OrderByDescending(tenant => tenant.Value).Select(tenant => tenant.Key)]))
            .OrderByDescending(group => group.LastSeen),
    ];
}
