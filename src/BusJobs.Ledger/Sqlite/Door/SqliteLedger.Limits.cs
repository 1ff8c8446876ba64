using System.Data.Common;
using BusJobs.Ledger.Model;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string SetDoorLimitSql =
        """
        insert into busjobs_door_limit as l (rule, name, tenant, jobs, declared) values (@rule, @name, @tenant, @jobs, @declared)
        on conflict (rule, name, tenant) do update set jobs = excluded.jobs, declared = excluded.declared where l.declared or not excluded.declared
        """;

    private const string SelectDoorLimitsSql = "select rule, name, tenant, jobs from busjobs_door_limit order by rule, name, tenant";

    private const string CountReadySql =
        """
        select min(@limit, (select count(*) from (select 1 from busjobs_job where state = 1 and line = 0 and queue = @queue limit @limit))
            + (select count(*) from (select 1 from busjobs_job where state = 1 and line = 1 and queue = @queue limit @limit)))
        """;

    private const string ReadMinuteSql = "select grants from busjobs_door_minute where kind = @kind and tenant = @tenant";

    private const string WriteMinuteSql =
        """
        insert into busjobs_door_minute (kind, tenant, grants, until) values (@kind, @tenant, @grants, @until)
        on conflict (kind, tenant) do update set grants = excluded.grants, until = excluded.until
        """;

    public async Task SetDoorLimitAsync(DoorLimit limit, bool declared, CancellationToken cancellationToken)
    {
        limit.Checked();
        var limits = await writer.WriteAsync(
            session =>
            {
                session.Run(
                    SetDoorLimitSql,
                    ("@rule", (int)limit.Rule), ("@name", limit.Name), ("@tenant", limit.Tenant ?? ""), ("@jobs", limit.Jobs), ("@declared", declared));
                return ReadDoorLimits(session);
            },
            cancellationToken);
        known.Learn(limits);
    }

    public Task<IReadOnlyList<DoorLimit>> DoorLimitsAsync(CancellationToken cancellationToken) =>
        reader.ReadAsync<IReadOnlyList<DoorLimit>>(ReadDoorLimits, cancellationToken);

    public async Task<IReadOnlyList<EnqueueResult?>> LimitAsync(
        IReadOnlyCollection<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        if (transaction is null)
        {
            return await writer.WriteAsync(session => Limit(session, [.. jobs], Ms(now: null)), cancellationToken);
        }

        using var within = Within(transaction);
        return Limit(within, [.. jobs], Ms(now: null));
    }

    /// <summary>Places are taken in the transaction in which the jobs are inserted: with one writer at a time nobody waits longer for that.</summary>
    private IReadOnlyList<EnqueueResult?> Limit(SqliteStatements session, IReadOnlyList<NewJob> jobs, long now)
    {
        var ask = new DoorAsk(jobs, known.Current ?? known.Learn(ReadDoorLimits(session)));
        if (ask.Asking.Count == 0)
        {
            return ask.Answers;
        }

        ask.Pass(LookUp(session, ask.Asking, now));
        foreach (var (queue, limit) in ask.Queues.Where(queue => depths.IsDue(queue.Key)))
        {
            var begunAt = clock.GetTimestamp();
            using var row = session.Query(CountReadySql, ("@queue", queue), ("@limit", limit));
            row.Read();
            depths.Note(queue, row.GetInt32(0), begunAt);
        }

        ask.Enter(depths);
        ask.Give(ask.Places.ToDictionary(one => one.Key, one => Take(session, one.Key, one.Value, now)));
        return ask.Answers;
    }

    private static Given Take(SqliteStatements session, Partition partition, Wanted wanted, long now)
    {
        var minute = ReadMinute(session, partition).Take(wanted.Limit, wanted.Count, now, usableFor: 0, out var count);
        session.Run(
            WriteMinuteSql,
            ("@kind", partition.Kind), ("@tenant", partition.Tenant), ("@grants", minute.ToString()), ("@until", minute.Until));
        return new Given(count, count < wanted.Count ? minute.RetryAfter(wanted.Limit, now) : TimeSpan.Zero);
    }

    private static SlidingMinute ReadMinute(SqliteStatements session, Partition partition)
    {
        using var row = session.Query(ReadMinuteSql, ("@kind", partition.Kind), ("@tenant", partition.Tenant));
        return SlidingMinute.Parse(row.Read() ? row.GetString(0) : "[]");
    }

    private static List<DoorLimit> ReadDoorLimits(SqliteStatements session)
    {
        var limits = new List<DoorLimit>();
        using var row = session.Query(SelectDoorLimitsSql);
        while (row.Read())
        {
            limits.Add(row.ReadDoorLimit());
        }

        return limits;
    }
}
