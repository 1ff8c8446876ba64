using BusJobs.Ledger.Upkeep;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string DriftsSql =
        """
        select kind, sum(told), sum(counted) from (
            select kind, sum(dead) as told, 0 as counted from busjobs_tally group by kind
            union all
            select kind, 0, count(*) from busjobs_job where state = 4 group by kind)
        group by kind having sum(told) <> sum(counted) order by kind
        """;

    /// <summary>Within the one writer, so that nothing changes between the count and its correction.</summary>
    public Task<IReadOnlyList<DeadDrift>> ReconcileAsync(CancellationToken cancellationToken) => writer.WriteAsync<IReadOnlyList<DeadDrift>>(
        session =>
        {
            var (drifts, tally) = (new List<DeadDrift>(), new Tally());
            using (var row = session.Query(DriftsSql))
            {
                while (row.Read())
                {
                    var drift = new DeadDrift(row.GetString(0), row.GetInt64(1), row.GetInt64(2));
                    tally.Of(drift.Kind).Dead += drift.Counted - drift.Told;
                    drifts.Add(drift);
                }
            }

            Count(session, tally);
            return drifts;
        },
        cancellationToken);
}
