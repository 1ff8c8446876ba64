using System.Data.Common;
using BusJobs.Ledger.Model;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string SetDoorLimit =
        """
        insert into busjobs.door_limit as l (rule, name, tenant, jobs, declared) values ($1, $2, $3, $4, $5)
        on conflict (rule, name, tenant) do update set jobs = excluded.jobs, declared = excluded.declared where l.declared or not excluded.declared
        """;

    private const string SelectDoorLimits = "select rule, name, tenant, jobs from busjobs.door_limit order by rule, name, tenant";

    private const string CountReady =
        """
        select least($2, (select count(*) from (select from busjobs.job where stage = 1 and state <> 2 and line = 0 and queue = $1 limit $2) common)
            + (select count(*) from (select from busjobs.job where stage = 1 and state <> 2 and line = 1 and queue = $1 limit $2) lines))::int
        """;

    // Rows are locked in one order. The clock is read once the lock is there, so that grants of one row are in the order of time.
    private const string LockMinutes =
        """
        insert into busjobs.door_minute as m (kind, tenant)
        select kind, tenant from unnest($1, $2) as p(kind, tenant) order by kind, tenant
        on conflict (kind, tenant) do update set kind = excluded.kind
        returning m.kind, m.tenant, m.grants, (extract(epoch from clock_timestamp()) * 1000)::bigint
        """;

    private const string WriteMinutes =
        """
        update busjobs.door_minute m set grants = p.grants, until = to_timestamp(p.until / 1000.0)
        from unnest($1, $2, $3, $4) as p(kind, tenant, grants, until) where m.kind = p.kind and m.tenant = p.tenant
        """;

    public async Task SetDoorLimitAsync(DoorLimit limit, bool declared, CancellationToken cancellationToken)
    {
        limit.Checked();
        await using var set = Statement(SetDoorLimit,
            Of((short)limit.Rule), Of(limit.Name), Of(limit.Tenant ?? ""), Of(limit.Jobs, NpgsqlDbType.Integer), Of(declared));
        await set.ExecuteNonQueryAsync(cancellationToken);
        known.Learn(await DoorLimitsAsync(cancellationToken));
    }

    public async Task<IReadOnlyList<DoorLimit>> DoorLimitsAsync(CancellationToken cancellationToken)
    {
        await using var select = Statement(SelectDoorLimits);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var limits = new List<DoorLimit>();
        while (await reader.ReadAsync(cancellationToken))
        {
            limits.Add(reader.ReadDoorLimit());
        }

        return limits;
    }

    public async Task<IReadOnlyList<EnqueueResult?>> LimitAsync(
        IReadOnlyCollection<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        var ask = new DoorAsk([.. jobs], await KnownLimitsAsync(cancellationToken));
        if (ask.Asking.Count == 0)
        {
            return ask.Answers;
        }

        ask.Pass(await LookUpAsync(ask.Asking, transaction, cancellationToken));
        foreach (var (queue, limit) in ask.Queues.Where(queue => depths.IsDue(queue.Key)))
        {
            var begunAt = clock.GetTimestamp();
            await using var count = Statement(CountReady, Of(queue), Of((long)limit));
            depths.Note(queue, (int)(await count.ExecuteScalarAsync(cancellationToken))!, begunAt);
        }

        ask.Enter(depths);
        ask.Give(await places.TakeAsync(ask.Places, cancellationToken));
        return ask.Answers;
    }

    private async ValueTask<DoorLimits> KnownLimitsAsync(CancellationToken cancellationToken) =>
        known.Current ?? known.Learn(await DoorLimitsAsync(cancellationToken));

    private async Task<IReadOnlyList<Taken>> LookUpAsync(List<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        if (transaction is not null)
        {
            return await LookUpAsync(Connection(transaction), jobs, cancellationToken);
        }

        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await LookUpAsync(connection, jobs, cancellationToken);
    }

    /// <summary>In a transaction of its own, never the caller's: a row that all callers of a tenant share is locked no longer than this takes.</summary>
    private async Task<IReadOnlyList<Given>> LeaseAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var minutes = await LockMinutesAsync(connection, leases, cancellationToken);
        var given = new List<Given>(leases.Count);
        var written = new List<SlidingMinute>(leases.Count);
        foreach (var lease in leases)
        {
            var (minute, now) = minutes[lease.Partition];
            minute = minute.Take(lease.Limit, lease.Count, now, (long)lease.UsableFor.TotalMilliseconds, out var count);
            given.Add(new Given(count, count < lease.Count ? minute.RetryAfter(lease.Limit, now) : TimeSpan.Zero));
            written.Add(minute);
        }

        await using var write = Statement(connection, WriteMinutes,
            Array(leases.Select(lease => lease.Partition.Kind), NpgsqlDbType.Text),
            Array(leases.Select(lease => lease.Partition.Tenant), NpgsqlDbType.Text),
            Array(written.Select(minute => minute.ToString()), NpgsqlDbType.Text),
            Array(written.Select(minute => minute.Until), NpgsqlDbType.Bigint));
        await write.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return given;
    }

    private static async Task<Dictionary<Partition, (SlidingMinute Minute, long Now)>> LockMinutesAsync(
        NpgsqlConnection connection, IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        await using var locking = Statement(connection, LockMinutes,
            Array(leases.Select(lease => lease.Partition.Kind), NpgsqlDbType.Text),
            Array(leases.Select(lease => lease.Partition.Tenant), NpgsqlDbType.Text));
        await using var reader = await locking.ExecuteReaderAsync(cancellationToken);
        var minutes = new Dictionary<Partition, (SlidingMinute, long)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            minutes.Add(new Partition(reader.GetString(0), reader.GetString(1)), (SlidingMinute.Parse(reader.GetString(2)), reader.GetInt64(3)));
        }

        return minutes;
    }
}
