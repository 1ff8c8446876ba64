using BusJobs.Ledger.Checkup;
using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger : ICheckup
{
    /// <summary>A file has no roles, no transactions of others to wait for, and no clock but the machine's.</summary>
    public Task<LedgerVitals> VitalsAsync(DateTimeOffset? now, CancellationToken cancellationToken) => reader.AloneAsync(
        session =>
        {
            using var context = new SqliteLedgerContext(ContextOptions(session.Connection));
            var (known, applied) = (context.Database.GetMigrations().ToList(), context.Database.GetAppliedMigrations().ToList());
            return Task.FromResult(new LedgerVitals
            {
                Server = $"SQLite {session.Connection.ServerVersion}",
                Clock = now ?? clock.GetUtcNow(),
                Pending = [.. known.Except(applied)],
                Unknown = [.. applied.Except(known)],
            });
        },
        cancellationToken);
}
