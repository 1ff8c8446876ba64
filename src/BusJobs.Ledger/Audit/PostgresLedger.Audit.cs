using BusJobs.Ledger.Audit;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger : IAuditTrail
{
    public async Task RecordAsync(AuditEntry entry, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var insert = Statement(
            "insert into busjobs.audit (at, who, what, target, detail, result) values (coalesce($1, now()), $2, $3, $4, $5, $6)",
            Now(now), Of(entry.Who.CutForAudit()), Of(entry.What.CutForAudit()), Of(entry.Target.CutForAudit()),
            Of(entry.Detail?.CutForAudit(), NpgsqlDbType.Text), Of(entry.Result.CutForAudit()));
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<AuditEntry>> EntriesAsync(long? before, int limit, CancellationToken cancellationToken)
    {
        await using var select = Statement(
            "select id, at, who, what, target, detail, result from busjobs.audit where id < $1 order by id desc limit $2", Of(before ?? long.MaxValue), Of(limit));
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var entries = new List<AuditEntry>();
        while (await row.ReadAsync(cancellationToken))
        {
            entries.Add(row.ReadAudit(row.GetFieldValue<DateTimeOffset>(1)));
        }

        return entries;
    }
}
