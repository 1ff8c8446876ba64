using BusJobs.Ledger.Checkup;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger : ICheckup
{
    private const string Vitals =
        """
        select current_setting('server_version'), current_user, current_setting('is_superuser') = 'on', coalesce($1, now()),
               o.age, o.owner, coalesce(t.n_live_tup, 0), coalesce(t.n_dead_tup, 0)
        from (select 1) one
        left join lateral (
            select coalesce($1, now()) - xact_start as age, usename || ' from ' || coalesce(nullif(application_name, ''), 'an unnamed program') as owner
            from pg_stat_activity where xact_start is not null and pid <> pg_backend_pid() and backend_type = 'client backend'
            order by xact_start limit 1) o on true
        left join pg_stat_user_tables t on t.schemaname = 'busjobs' and t.relname = 'job'
        """;

    public async Task<LedgerVitals> VitalsAsync(DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var context = NewContext();
        var (known, applied) = (context.Database.GetMigrations().ToList(), (await context.Database.GetAppliedMigrationsAsync(cancellationToken)).ToList());
        await using var select = Statement(Vitals, Now(now));
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new LedgerVitals
        {
            Server = $"PostgreSQL {row.GetString(0).Split(' ')[0]}",
            User = row.GetString(1),
            IsSuperuser = row.GetBoolean(2),
            Clock = await row.GetFieldValueAsync<DateTimeOffset>(3, cancellationToken),
            OldestTransaction = await row.IsDBNullAsync(4, cancellationToken) ? null : await row.GetFieldValueAsync<TimeSpan>(4, cancellationToken),
            OldestOwner = await row.IsDBNullAsync(5, cancellationToken) ? null : row.GetString(5),
            LiveRows = row.GetInt64(6),
            DeadRows = row.GetInt64(7),
            Pending = [.. known.Except(applied)],
            Unknown = [.. applied.Except(known)],
        };
    }
}
