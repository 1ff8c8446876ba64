using System.Text.Json;
using BusJobs.Wire;
using Microsoft.Data.Sqlite;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    public async Task<int> PromoteAsync(int limit, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        var promoted = await writer.WriteAsync(
            session => session.Run(
                """
                update busjobs_job set state = 1
                where rowid in (select rowid from busjobs_job where state = 0 and not waits_for_key and run_at <= @now order by run_at limit @limit)
                """,
                ("@now", Ms(now)),
                ("@limit", limit)),
            cancellationToken);
        if (promoted > 0)
        {
            work.Set();
        }

        return promoted;
    }

    public Task<Claimed> ClaimAsync(
        string queue, Lane lane, int limit, Packing packing, Func<string, int> chain, DateTimeOffset? now, CancellationToken cancellationToken) => writer.WriteAsync(
        session =>
        {
            var book = Rules(session);
            var (claimed, moved, opens) = book.AsksForKinds || book.IsPaused(PauseScope.Queue, queue) || HasLines(session, queue, lane)
                ? ClaimByRules(session, book, queue, lane, limit, Ms(now))
                : (ClaimCommon(session, queue, lane, limit, Ms(now)), 0, null);
            if (claimed.Count == 0)
            {
                return new Claimed([], moved, opens);
            }

            var packed = packing(queue, claimed);
            RequireAll(claimed, packed);
            Park(session, packed.Misfits, Ms(now));
            return new Claimed([.. packed.Dispatches.Select(dispatch => Record(session, dispatch, lane, Ms(now)))], moved, opens);
        },
        cancellationToken);

    /// <summary>Reads in order, then raises all fences in one statement: the transaction holds the write lock, so nobody comes in between.</summary>
    private static List<ClaimedJob> ClaimCommon(SqliteSession session, string queue, Lane lane, int limit, long now)
    {
        var claimed = new List<ClaimedJob>();
        var rows = new List<long>();
        using (var row = session.Query(
            """
            select rowid, kind, parks, id, fence + 1, attempt + 1, payload, max_attempts, timeout_ms, tenant, trace_parent
            from busjobs_job where state = 1 and line = 0 and queue = @queue and lane = @lane and (expires_at is null or expires_at > @now)
            order by priority, run_at, id limit @limit
            """,
            ("@queue", queue),
            ("@lane", (int)lane),
            ("@limit", limit),
            ("@now", now)))
        {
            while (row.Read())
            {
                rows.Add(row.GetInt64(0));
                claimed.Add(new ClaimedJob(row.GetString(1), ReadJob(row), row.GetInt32(2)));
            }
        }

        session.Run(
            "update busjobs_job set state = 2, fence = fence + 1, worker = null, reason = null, limited = 0 where rowid in (select value from json_each(@rows))",
            ("@rows", $"[{string.Join(',', rows)}]"));
        return claimed;
    }

    private static DispatchedJob ReadJob(SqliteDataReader row) => new()
    {
        Id = Id(row.GetString(3)),
        Fence = row.GetInt32(4),
        Attempt = row.GetInt32(5),
        Payload = row.GetString(6),
        MaxAttempts = row.IsDBNull(7) ? null : row.GetInt32(7),
        TimeoutMs = row.IsDBNull(8) ? null : row.GetInt64(8),
        Tenant = row.IsDBNull(9) ? null : row.GetString(9),
        TraceParent = row.IsDBNull(10) ? null : row.GetString(10),
    };

    /// <summary>A job that is neither packed nor parked would stay dispatched for ever, so the claim is rolled back instead.</summary>
    private static void RequireAll(List<ClaimedJob> claimed, Packed packed)
    {
        var placed = packed.Dispatches.Sum(dispatch => dispatch.Jobs.Count) + packed.Misfits.Count;
        if (placed != claimed.Count)
        {
            throw new InvalidOperationException($"Of {claimed.Count} claimed jobs, the packing placed {placed}.");
        }
    }

    private static void Park(SqliteSession session, IEnumerable<Misfit> misfits, long now)
    {
        foreach (var misfit in misfits)
        {
            session.Run(
                "update busjobs_job set state = 0, run_at = @due, parks = parks + 1, reason = @reason where id = @id",
                ("@id", misfit.JobId.ToString()),
                ("@due", now + Ms(misfit.Delay)),
                ("@reason", misfit.Reason));
        }
    }

    private static Dispatch Record(SqliteSession session, Dispatch dispatch, Lane lane, long now)
    {
        using var row = session.Query(
            """
            insert into busjobs_dispatch (id, queue, kind, lane, jobs, fences, count, created_at)
            values (@id, @queue, @kind, @lane, @jobs, @fences, @count, @now) returning sequence
            """,
            ("@id", dispatch.Id.ToString()),
            ("@queue", dispatch.Queue),
            ("@kind", dispatch.Kind),
            ("@lane", (int)lane),
            ("@jobs", JsonSerializer.Serialize(dispatch.Jobs.Select(job => job.Id))),
            ("@fences", JsonSerializer.Serialize(dispatch.Jobs.Select(job => job.Fence))),
            ("@count", dispatch.Jobs.Count),
            ("@now", now));
        row.Read();
        return dispatch with { Sequence = row.GetInt64(0) };
    }
}
