using System.Collections.Concurrent;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string HasLinesSql = "select 1 from busjobs_job where state = 1 and line = 1 and queue = @queue and lane = @lane limit 1";

    private const string HasCommonSql = "select 1 from busjobs_job where state = 1 and line = 0 and queue = @queue and lane = @lane limit 1";

    // From line to line over the index, however long each is.
    private const string NextLineSql =
        """
        select coalesce(tenant, ''), kind from busjobs_job
        where state = 1 and line = 1 and queue = @queue and lane = @lane and (coalesce(tenant, ''), kind) > (@tenant, @kind)
        order by coalesce(tenant, ''), kind limit 1
        """;

    private const string LookAtLineSql =
        """
        select id, kind, priority, run_at, serial_key, rowid from busjobs_job
        where state = 1 and line = 1 and queue = @queue and lane = @lane and coalesce(tenant, '') = @tenant and kind = @kind
          and (expires_at is null or expires_at > @now)
        order by priority, run_at, id limit @most
        """;

    private const string LookAtCommonSql =
        """
        select id, kind, priority, run_at, null, rowid from busjobs_job where state = 1 and line = 0 and queue = @queue and lane = @lane
          and (expires_at is null or expires_at > @now)
        order by priority, run_at, id limit @most
        """;

    // The job of the key before it; or, when it was redriven, one after it that runs.
    private const string FindFirstSql =
        """
        select coalesce(
            (select id from busjobs_job where serial_key = @key and serial_key is not null and state <= 2 and rowid < @number order by rowid desc limit 1),
            (select id from busjobs_job where serial_key = @key and serial_key is not null and state = 2))
        """;

    private const string StartSql =
        """
        update busjobs_job set state = 2, fence = fence + 1, worker = null, reason = null, limited = @limited where id = @id
        returning rowid, kind, parks, id, fence, attempt + 1, payload, max_attempts, timeout_ms, tenant, trace_parent
        """;

    /// <summary>Lines looked at in one claim: enough for the kinds of a few tenants even when there is room for one job.</summary>
    private const int FewestLines = 200;

    private readonly ConcurrentDictionary<(string Queue, Lane Lane), Turns> turns = new();

    private static bool HasLines(SqliteSession session)
    {
        using var row = session.Query("select 1 from busjobs_job where state = 1 and line = 1 limit 1");
        return row.Read();
    }

    private static bool HasLines(SqliteSession session, string queue, Lane lane) => Exists(session, HasLinesSql, queue, lane);

    private static bool Exists(SqliteSession session, string sql, string queue, Lane lane)
    {
        using var row = session.Query(sql, ("@queue", queue), ("@lane", (int)lane));
        return row.Read();
    }

    /// <summary>Claims where the common line alone does not tell who may start: line by line, as far as shares and limits go.</summary>
    private (List<ClaimedJob> Jobs, int Moved, TimeSpan? Opens) ClaimByRules(
        SqliteSession session, RuleBook book, string queue, Lane lane, int limit, long now)
    {
        if (book.IsPaused(PauseScope.Queue, queue))
        {
            return ([], 0, null);
        }

        var room = ReadRoom(session, book, now);
        var turn = turns.GetOrAdd((queue, lane), _ => new Turns());
        var lines = Lines(session, queue, lane, turn.After, room, Math.Max(limit, FewestLines));
        var shares = turn.Share([.. lines.Select(line => line.Tenant).Distinct().Take(limit)], book.WeightOf, limit);
        var candidates = lines.SelectMany(line => Candidates(session, queue, lane, line, shares.GetValueOrDefault(line.Tenant), room, now)).ToList();
        var choice = Choice.Make(candidates, shares, room);
        Move(session, choice);
        var jobs = choice.Starts.ConvertAll(start => Start(session, start.Id, book.IsLimited(start.Kind, start.Tenant)));
        RememberStarts(session, room);
        return (jobs, choice.Moved, room.Opens);
    }

    /// <returns>In the order of their turns; the common line is that of no tenant and no kind.</returns>
    private static List<(string Tenant, string? Kind)> Lines(SqliteSession session, string queue, Lane lane, string after, Room room, int most)
    {
        // No name has a character so high, so this is after all lines of the tenant whose turn is over.
        var later = LinesFrom(session, queue, lane, (after, "\uffff"), until: null, room, most);
        var sooner = LinesFrom(session, queue, lane, ("", ""), until: after, room, most);
        List<(string, string?)> common = Exists(session, HasCommonSql, queue, lane) ? [("", null)] : [];
        return [.. later, .. common, .. sooner];
    }

    private static List<(string Tenant, string? Kind)> LinesFrom(
        SqliteSession session, string queue, Lane lane, (string Tenant, string Kind) from, string? until, Room room, int most)
    {
        var closedTenants = room.Closed(LimitScope.Tenant).ToHashSet();
        var closedKinds = room.Closed(LimitScope.Kind).ToHashSet();
        var lines = new List<(string Tenant, string? Kind)>();
        while (lines.Count < most)
        {
            using var row = session.Query(NextLineSql, ("@queue", queue), ("@lane", (int)lane), ("@tenant", from.Tenant), ("@kind", from.Kind));
            if (!row.Read())
            {
                break;
            }

            from = (row.GetString(0), row.GetString(1));
            if (until is not null && string.CompareOrdinal(from.Tenant, until) > 0)
            {
                break;
            }

            if (!closedTenants.Contains(from.Tenant) && !closedKinds.Contains(from.Kind))
            {
                lines.Add(from);
            }
        }

        return lines;
    }

    private static List<Candidate> Candidates(
        SqliteSession session, string queue, Lane lane, (string Tenant, string? Kind) line, int share, Room room, long now)
    {
        var most = line.Kind is { } kind ? Math.Min(share, room.Of(kind, line.Tenant)) : share;
        var candidates = new List<Candidate>();
        if (most == 0)
        {
            return candidates;
        }

        using var row = line.Kind is null
            ? session.Query(LookAtCommonSql, ("@queue", queue), ("@lane", (int)lane), ("@most", most), ("@now", now))
            : session.Query(LookAtLineSql, ("@queue", queue), ("@lane", (int)lane), ("@tenant", line.Tenant), ("@kind", line.Kind), ("@most", most), ("@now", now));
        while (row.Read())
        {
            candidates.Add(new Candidate(
                Id(row.GetString(0)), row.GetString(1), line.Tenant, row.GetInt32(2), row.GetInt64(3), line.Kind is null,
                row.IsDBNull(4) ? null : First(session, row.GetString(4), row.GetInt64(5))));
        }

        return candidates;
    }

    private static Guid? First(SqliteSession session, string key, long number)
    {
        using var row = session.Query(FindFirstSql, ("@key", key), ("@number", number));
        row.Read();
        return row.IsDBNull(0) ? null : Id(row.GetString(0));
    }

    private static void Move(SqliteSession session, Choice choice)
    {
        foreach (var id in choice.Aside)
        {
            session.Run("update busjobs_job set limited = 1 where id = @id", ("@id", id.ToString()));
        }

        foreach (var (id, first) in choice.Behind)
        {
            session.Run("update busjobs_job set behind = @first where id = @id", ("@id", id.ToString()), ("@first", first.ToString()));
        }
    }

    private static ClaimedJob Start(SqliteSession session, Guid id, bool limited)
    {
        using var row = session.Query(StartSql, ("@id", id.ToString()), ("@limited", limited));
        row.Read();
        return new ClaimedJob(row.GetString(1), ReadJob(row), row.GetInt32(2));
    }
}
