using BusJobs.Wire;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string SettleCompleted =
        """
        update busjobs.job j set state = 3, attempt = attempt + 1, finished_at = coalesce($5, now()), duration_ms = s.ms, worker = s.worker,
               reason = null, progress = null, progress_note = null
        from unnest($1, $2, $3, $4) as s(id, fence, ms, worker)
        where j.id = s.id and j.fence = s.fence and j.state = 2
        """;

    private const string SettleOthers =
        """
        with s as (
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) as s(id, fence, ending, state, burnt, delay, ms, worker, reason)
        ), w as (
            update busjobs.job j set
                state = case when j.cancel_requested and s.state in (0, 1) then 5 else s.state end,
                attempt = attempt + s.burnt,
                -- It failed by itself and its worker lives: it is no suspect any more.
                crashes = case when s.burnt = 1 and s.state in (0, 1) then 0 else j.crashes end,
                run_at = case when s.state = 0 or (s.state = 1 and s.burnt = 1) then coalesce($10, now()) + s.delay else run_at end,
                finished_at = case when s.state in (4, 5) or j.cancel_requested then coalesce($10, now()) end,
                duration_ms = s.ms, worker = s.worker, reason = s.reason, progress = null, progress_note = null
            from s
            where j.id = s.id and j.fence = s.fence and j.state = 2
            returning j.id, j.kind, j.queue, j.state, j.attempt, j.payload, j.reason, s.fence, s.ending, s.ms, s.worker
        ), a as (
            insert into busjobs.attempt (job_id, fence, number, ending, worker, ended_at, duration_ms, reason)
            select id, fence, attempt, ending, worker, coalesce($10, now()), ms, reason from w where ending in (1, 3, 4, 6)
            on conflict (job_id, fence) do nothing
        )
        select id, kind, queue, state, attempt, case when state = 4 then payload end, reason, ending from w
        """;

    // Two statements write one batch, each in the order of the ids; together they would not keep it.
    private const string HoldAll = "select from busjobs.job where id = any($1) order by id for update";

    private const string CloseSettled =
        """
        delete from busjobs.dispatch d using unnest($1, $2, $3) as t(id, words, last)
        where d.id = t.id and (t.last or d.count = 0) and ((d.count > 0 and t.words >= d.count) or 0 = (
            select count(*) from unnest(d.jobs, d.fences) as u(id, fence) join busjobs.job j on j.id = u.id and j.fence = u.fence where j.state = 2))
        """;

    private const string LetGo = "select busjobs.let_go($1)";

    private const string KeepOvertaken = "update busjobs.dispatch set count = 0 where id = any($1) and count > 0";

    private const string CountEndings =
        """
        insert into busjobs.tally as t (slot, kind, succeeded, dead, cancelled, expired, retried, stale, reclaimed)
        select $1, * from unnest($2, $3, $4, $5, $6, $7, $8, $9) order by 2
        on conflict (slot, kind) do update set
            succeeded = t.succeeded + excluded.succeeded, dead = t.dead + excluded.dead, cancelled = t.cancelled + excluded.cancelled, expired = t.expired + excluded.expired,
            retried = t.retried + excluded.retried, stale = t.stale + excluded.stale, reclaimed = t.reclaimed + excluded.reclaimed
        """;

    private const string NoteFollowUps = "insert into busjobs.follow_up (job_id, follows) select * from unnest($1, $2) on conflict do nothing";

    /// <summary>In two round trips, because what a lone settlement costs is mostly those: first what ended, then the counts and the commit.</summary>
    public async Task<SettleReport> SettleAsync(IReadOnlyCollection<Settled> batch, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var connection = await settlements.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var settling = new Settling(batch);
        var touched = settling.Touched();
        var written = await WriteAsync(connection, settling, touched, now, cancellationToken);
        await FollowUpAsync(connection, settling.FollowUpsOf(written.Followed), cancellationToken);
        var report = settling.Report(written.Completed, written.Ended);
        await using var rest = new NpgsqlBatch(connection);
        if (written.Closed < touched.Count(dispatch => dispatch.Last))
        {
            rest.BatchCommands.Add(Command(KeepOvertaken, Array(touched.Where(dispatch => dispatch.Last).Select(dispatch => dispatch.Id), NpgsqlDbType.Uuid)));
        }

        if (report.MoreReady)
        {
            rest.BatchCommands.Add(Command(Notify));
        }

        if (!settling.Tally.IsEmpty)
        {
            rest.BatchCommands.Add(Command(CountEndings, Counts(settling.Tally)));
        }

        rest.BatchCommands.Add(Command(Commit));
        await rest.ExecuteNonQueryAsync(cancellationToken);
        return report;
    }

    private static async Task<Written> WriteAsync(
        NpgsqlConnection connection, Settling settling, List<Touched> touched, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var followed = settling.Completed.Exists(static row => row.Settlement.FollowUps is { Count: > 0 });
        var complete = Command(followed ? SettleCompleted + " returning j.id" : SettleCompleted, Endings(settling.Completed, now));
        var close = Command(CloseSettled,
            Array(touched.Select(dispatch => dispatch.Id), NpgsqlDbType.Uuid),
            Array(touched.Select(dispatch => dispatch.Words), NpgsqlDbType.Integer),
            Array(touched.Select(dispatch => dispatch.Last), NpgsqlDbType.Boolean));
        var mixed = settling.Completed.Count > 0 && settling.Others.Count > 0;
        await using var write = new NpgsqlBatch(connection);
        if (mixed)
        {
            write.BatchCommands.Add(Command(HoldAll, Array(settling.Completed.Concat(settling.Others).Select(row => row.Settlement.JobId), NpgsqlDbType.Uuid)));
        }

        if (settling.Completed.Count > 0)
        {
            write.BatchCommands.Add(complete);
        }

        if (settling.Others.Count > 0)
        {
            write.BatchCommands.Add(Command(SettleOthers, OtherEndings(settling.Others, now)));
        }

        write.BatchCommands.Add(close);
        if (settling.Completed.Count > 0)
        {
            write.BatchCommands.Add(Command(LetGo, complete.Parameters[0].Clone()));
        }

        var (applied, ended) = (new HashSet<Guid>(), new List<Ended>());
        await using (var reader = await write.ExecuteReaderAsync(cancellationToken))
        {
            if (mixed)
            {
                await reader.NextResultAsync(cancellationToken);
            }

            while (followed && await reader.ReadAsync(cancellationToken))
            {
                applied.Add(reader.GetGuid(0));
            }

            if (followed)
            {
                await reader.NextResultAsync(cancellationToken);
            }

            while (settling.Others.Count > 0 && await reader.ReadAsync(cancellationToken))
            {
                ended.Add(ReadEnded(reader));
            }
        }

        return new Written(settling.Completed.Count > 0 ? complete.RecordsAffected : 0, applied, ended, close.RecordsAffected);
    }

    private static NpgsqlParameter[] Endings(List<SettlingRow> rows, DateTimeOffset? now) =>
    [
        Array(rows.Select(row => row.Settlement.JobId), NpgsqlDbType.Uuid),
        Array(rows.Select(row => row.Settlement.Fence), NpgsqlDbType.Integer),
        Array(rows.Select(row => row.Settlement.DurationMs), NpgsqlDbType.Integer),
        Array(rows.Select(row => row.Message.Worker), NpgsqlDbType.Text),
        Now(now),
    ];

    private static NpgsqlParameter[] OtherEndings(List<SettlingRow> rows, DateTimeOffset? now) =>
    [
        Array(rows.Select(row => row.Settlement.JobId), NpgsqlDbType.Uuid),
        Array(rows.Select(row => row.Settlement.Fence), NpgsqlDbType.Integer),
        Array(rows.Select(row => (short)row.Settlement.Ending), NpgsqlDbType.Smallint),
        Array(rows.Select(row => (short)row.NextState), NpgsqlDbType.Smallint),
        Array(rows.Select(row => row.Burnt), NpgsqlDbType.Integer),
        Array(rows.Select(row => TimeSpan.FromMilliseconds(row.Settlement.DelayMs)), NpgsqlDbType.Interval),
        Array(rows.Select(row => row.Settlement.DurationMs), NpgsqlDbType.Integer),
        Array(rows.Select(row => row.Message.Worker), NpgsqlDbType.Text),
        Array(rows.Select(row => row.Settlement.Reason), NpgsqlDbType.Text),
        Now(now),
    ];

    private static Ended ReadEnded(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetString(1), reader.GetString(2), (LedgerState)reader.GetInt16(3), reader.GetInt32(4),
        reader.IsDBNull(5) ? null : reader.GetString(5), reader.IsDBNull(6) ? null : reader.GetString(6), (Ending)reader.GetInt16(7));

    private async Task FollowUpAsync(
        NpgsqlConnection connection, List<(Guid Follows, NewJob Job)> followUps, CancellationToken cancellationToken)
    {
        if (followUps.Count == 0)
        {
            return;
        }

        await AddAsync(connection, [.. followUps.Select(one => one.Job)], cancellationToken);
        await using var note = Statement(connection, NoteFollowUps,
            Array(followUps.Select(one => one.Job.Id), NpgsqlDbType.Uuid), Array(followUps.Select(one => one.Follows), NpgsqlDbType.Uuid));
        await note.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task CountAsync(NpgsqlConnection connection, Tally tally, CancellationToken cancellationToken)
    {
        if (tally.IsEmpty)
        {
            return;
        }

        await using var count = Statement(connection, CountEndings, Counts(tally));
        await count.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlParameter[] Counts(Tally tally)
    {
        var rows = tally.Rows;
        return
        [
            Of((short)(Interlocked.Increment(ref tallies) & (TallySlots - 1))),
            Array(rows.Select(row => row.Kind), NpgsqlDbType.Text),
            Array(rows.Select(row => row.Succeeded), NpgsqlDbType.Bigint),
            Array(rows.Select(row => row.Dead), NpgsqlDbType.Bigint),
            Array(rows.Select(row => row.Cancelled), NpgsqlDbType.Bigint),
            Array(rows.Select(row => row.Expired), NpgsqlDbType.Bigint),
            Array(rows.Select(row => row.Retried), NpgsqlDbType.Bigint),
            Array(rows.Select(row => row.Stale), NpgsqlDbType.Bigint),
            Array(rows.Select(row => row.Reclaimed), NpgsqlDbType.Bigint),
        ];
    }

    /// <summary>What the first round trip of a batch came to.</summary>
    /// <param name="Completed">Completed rows that were written; the others were stale.</param>
    /// <param name="Followed">Their ids, where some of the batch have follow-ups; empty otherwise.</param>
    /// <param name="Closed">Dispatches that are done with.</param>
    private sealed record Written(int Completed, HashSet<Guid> Followed, List<Ended> Ended, int Closed);
}
