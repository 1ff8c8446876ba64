using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>Claims of one job of each serial key at a time, as most tests look at them.</summary>
internal static class OneAtATime
{
    extension(ILedger ledger)
    {
        public Task<Claimed> ClaimAsync(string queue, Lane lane, int limit, Packing packing, DateTimeOffset? now, CancellationToken cancellationToken) =>
            ledger.ClaimAsync(queue, lane, limit, packing, static _ => 1, now, cancellationToken);
    }
}
