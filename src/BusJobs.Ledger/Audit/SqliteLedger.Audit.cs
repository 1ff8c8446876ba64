using BusJobs.Ledger.Audit;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger : IAuditTrail
{
    public Task RecordAsync(AuditEntry entry, DateTimeOffset? now, CancellationToken cancellationToken) => writer.WriteAsync(
        session => session.Run(
            "insert into busjobs_audit (at, who, what, target, detail, result) values (@at, @who, @what, @target, @detail, @result)",
            ("@at", Ms(now)), ("@who", entry.Who.CutForAudit()), ("@what", entry.What.CutForAudit()), ("@target", entry.Target.CutForAudit()),
            ("@detail", entry.Detail?.CutForAudit()), ("@result", entry.Result.CutForAudit())),
        cancellationToken);

    public Task<IReadOnlyList<AuditEntry>> EntriesAsync(long? before, int limit, CancellationToken cancellationToken) => reader.ReadAsync<IReadOnlyList<AuditEntry>>(
        session =>
        {
            using var row = session.Query(
                "select id, at, who, what, target, detail, result from busjobs_audit where id < @before order by id desc limit @limit",
                ("@before", before ?? long.MaxValue), ("@limit", limit));
            var entries = new List<AuditEntry>();
            while (row.Read())
            {
                entries.Add(row.ReadAudit(Time(row, 1)!.Value));
            }

            return entries;
        },
        cancellationToken);
}
