using System.Data.Common;

namespace BusJobs.Ledger.Model;

/// <summary>Rows of plain SQL that both databases give in the same columns.</summary>
internal static class RowReading
{
    extension(DbDataReader row)
    {
        public LedgerCounts ReadCounts() => new()
        {
            Scheduled = row.GetInt64(0),
            Ready = row.GetInt64(1),
            Dispatched = row.GetInt64(2),
            DeadNow = row.GetInt64(3),
            Succeeded = row.GetInt64(4),
            Cancelled = row.GetInt64(5),
            Expired = row.GetInt64(6),
            Retried = row.GetInt64(7),
            Stale = row.GetInt64(8),
            Reclaimed = row.GetInt64(9),
        };

        public DoorLimit ReadDoorLimit() => new()
        {
            Rule = (DoorRule)row.GetInt16(0),
            Name = row.GetString(1),
            Tenant = row.GetString(2) is { Length: > 0 } tenant ? tenant : null,
            Jobs = row.ReadNumber(3),
        };

        public DispatchLimit ReadDispatchLimit() => new((LimitScope)row.GetInt16(0), row.GetString(1))
        {
            MaxRunning = row.ReadNumber(2),
            Rate = row.ReadNumber(3) is { } starts ? new Rate(starts, TimeSpan.FromMilliseconds(row.GetInt64(4))) : null,
            Weight = row.ReadNumber(5),
        };

        private int? ReadNumber(int column) => row.IsDBNull(column) ? null : row.GetInt32(column);
    }
}
