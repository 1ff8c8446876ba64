using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string ReturnUnsent =
        """
        with d as (delete from busjobs.dispatch where id = any($1) returning jobs, fences)
        update busjobs.job j set
            state = case when j.cancel_requested then 5 when $3 > interval '0' then 0 else 1 end,
            run_at = case when $3 > interval '0' then coalesce($4, now()) + $3 else run_at end,
            finished_at = case when j.cancel_requested then coalesce($4, now()) end,
            reason = $2
        from d cross join lateral unnest(d.jobs, d.fences) as u(id, fence)
        where j.id = u.id and j.fence = u.fence and j.state = 2
        returning j.kind, j.state
        """;

    // Settling locks jobs first and their dispatch last; whoever takes a dispatch back keeps to that order.
    private const string LockJobs =
        """
        select from busjobs.job j
        where j.id in (select u.id from busjobs.dispatch d cross join lateral unnest(d.jobs) as u(id) where d.id = any($1))
        order by j.id for update
        """;

    private const string ReclaimLost =
        """
        with d as (delete from busjobs.dispatch where id = any($1) returning jobs, fences),
        w as (
            update busjobs.job j set
                state = case when j.cancel_requested then 5 when j.crashes + $2 >= $3 then 4 else 1 end,
                crashes = j.crashes + $2,
                attempt = attempt + case when not j.cancel_requested and j.crashes + $2 >= $3 then 1 else 0 end,
                finished_at = case when j.cancel_requested or j.crashes + $2 >= $3 then coalesce($5, now()) end,
                reason = case when j.crashes + $2 >= $3 then $4 else null end,
                progress = null, progress_note = null
            from d cross join lateral unnest(d.jobs, d.fences) as u(id, fence)
            where j.id = u.id and j.fence = u.fence and j.state = 2
            returning j.id, j.kind, j.queue, j.state, j.attempt, j.payload, j.reason, j.fence
        ), a as (
            insert into busjobs.attempt (job_id, fence, number, ending, worker, ended_at, duration_ms, reason)
            select id, fence, case when state = 4 then attempt else attempt + 1 end, 5, 'unknown', coalesce($5, now()), 0, 'its worker crashed' from w where $2 > 0
            on conflict (job_id, fence) do nothing
        )
        select id, kind, queue, state, attempt, case when state = 4 then payload end, reason from w
        """;

    // Two batches that settle the two halves of a dispatch at the same time do not see each other, and neither closes it.
    private const string CloseOvertaken =
        """
        delete from busjobs.dispatch d where d.count = 0 and 0 = (
            select count(*) from unnest(d.jobs, d.fences) as u(id, fence) join busjobs.job j on j.id = u.id and j.fence = u.fence where j.state = 2)
        """;

    private const string SelectOpen =
        """
        select id, queue, lane, sequence, count, extract(epoch from clock_timestamp() - created_at)::float8
        from busjobs.dispatch order by sequence limit $1
        """;

    public async Task<int> ReturnAsync(
        IReadOnlyCollection<Guid> dispatchIds, string reason, TimeSpan delay, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockJobsAsync(connection, dispatchIds, cancellationToken);
        var (tally, returned) = (new Tally(), 0);
        await using (var giveBack = Statement(connection, ReturnUnsent, Array(dispatchIds, NpgsqlDbType.Uuid), Of(reason), Of(delay), Now(now)))
        await using (var reader = await giveBack.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var state = (LedgerState)reader.GetInt16(1);
                tally.Note(reader.GetString(0), state, Ending.Released);
                returned += state == LedgerState.Cancelled ? 0 : 1;
            }
        }

        await CountAsync(connection, tally, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return returned;
    }

    public async Task<IReadOnlyList<OpenDispatch>> OpenDispatchesAsync(int limit, CancellationToken cancellationToken)
    {
        await using (var close = Statement(CloseOvertaken))
        {
            await close.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var select = Statement(SelectOpen, Of(limit));
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var open = new List<OpenDispatch>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var age = TimeSpan.FromSeconds(Math.Max(0, reader.GetDouble(5)));
            open.Add(new OpenDispatch(reader.GetGuid(0), reader.GetString(1), (Lane)reader.GetInt16(2), reader.GetInt64(3), reader.GetInt32(4), age));
        }

        return open;
    }

    public async Task<ReclaimReport> ReclaimAsync(
        IReadOnlyCollection<Guid> dispatchIds, bool crashed, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await LockJobsAsync(connection, dispatchIds, cancellationToken);
        var reclaimed = await TakeBackAsync(connection, dispatchIds, crashed, now, cancellationToken);
        var tally = new Tally();
        foreach (var job in reclaimed)
        {
            tally.Note(job.Kind, job.State, job.Ending);
            tally.Of(job.Kind).Reclaimed += job.State == LedgerState.Ready ? 1 : 0;
        }

        await NotifyAsync(connection, cancellationToken);
        await CountAsync(connection, tally, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new ReclaimReport(InState(LedgerState.Ready), InState(LedgerState.Cancelled), Settling.DeadLettersOf(reclaimed));

        int InState(LedgerState state) => reclaimed.Count(job => job.State == state);
    }

    private static async Task LockJobsAsync(NpgsqlConnection connection, IReadOnlyCollection<Guid> dispatchIds, CancellationToken cancellationToken)
    {
        await using var locking = Statement(connection, LockJobs, Array(dispatchIds, NpgsqlDbType.Uuid));
        await locking.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<Ended>> TakeBackAsync(
        NpgsqlConnection connection, IReadOnlyCollection<Guid> dispatchIds, bool crashed, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var reclaim = Statement(connection, ReclaimLost,
            Array(dispatchIds, NpgsqlDbType.Uuid), Of((short)(crashed ? 1 : 0)), Of((short)(crashed ? Limits.MaxCrashes : short.MaxValue)),
            Of(CrashLoop.Reason), Now(now));
        await using var reader = await reclaim.ExecuteReaderAsync(cancellationToken);
        var reclaimed = new List<Ended>();
        while (await reader.ReadAsync(cancellationToken))
        {
            reclaimed.Add(new Ended(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), (LedgerState)reader.GetInt16(3), reader.GetInt32(4),
                reader.IsDBNull(5) ? null : reader.GetString(5), reader.IsDBNull(6) ? null : reader.GetString(6), Ending.Released));
        }

        return reclaimed;
    }
}
