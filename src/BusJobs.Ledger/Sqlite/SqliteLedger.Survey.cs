namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    // From lane to lane over the index, so a million ready jobs cost no more than one.
    private const string NextLaneSql =
        """
        select queue, lane from busjobs_job where state = 1 and line = 0 and (queue, lane) > (@queue, @lane) order by queue, lane limit 1
        """;

    private const string NextLaneOfLinesSql =
        """
        select queue, lane from busjobs_job where state = 1 and line = 1 and (queue, lane) > (@queue, @lane) order by queue, lane limit 1
        """;

    public Task<Survey> SurveyAsync(DateTimeOffset? now, CancellationToken cancellationToken) => reader.ReadAsync(
        session =>
        {
            var inFlight = InFlight(session);
            var ready = ReadyLanes(session, NextLaneSql).Union(ReadyLanes(session, NextLaneOfLinesSql))
                .Where(lane => !IsPaused(session, PauseScope.Queue, lane.Queue))
                .Order()
                .Select(lane => new LaneSurvey(lane.Queue, lane.Lane, inFlight.GetValueOrDefault(lane)))
                .ToList();
            return new Survey(ready, NextDue(session, Ms(now)));
        },
        cancellationToken);

    public Task<IReadOnlyList<OpenDispatch>> OpenDispatchesAsync(int limit, CancellationToken cancellationToken) => reader.ReadAsync<IReadOnlyList<OpenDispatch>>(
        session =>
        {
            var now = Ms(now: null);
            var open = new List<OpenDispatch>();
            using var row = session.Query(
                "select id, queue, lane, sequence, count, created_at from busjobs_dispatch order by sequence limit @limit", ("@limit", limit));
            while (row.Read())
            {
                open.Add(new OpenDispatch(
                    Id(row.GetString(0)), row.GetString(1), (Lane)row.GetInt32(2), row.GetInt64(3), row.GetInt32(4),
                    TimeSpan.FromMilliseconds(now - row.GetInt64(5))));
            }

            return open;
        },
        cancellationToken);

    private static List<(string Queue, Lane Lane)> ReadyLanes(SqliteSession session, string nextLane)
    {
        var lanes = new List<(string Queue, Lane Lane)>();
        var after = (Queue: "", Lane: Lane.Normal);
        while (true)
        {
            using var row = session.Query(nextLane, ("@queue", after.Queue), ("@lane", (int)after.Lane));
            if (!row.Read())
            {
                return lanes;
            }

            after = (row.GetString(0), (Lane)row.GetInt32(1));
            lanes.Add(after);
        }
    }

    private static Dictionary<(string Queue, Lane Lane), int> InFlight(SqliteSession session)
    {
        var inFlight = new Dictionary<(string Queue, Lane Lane), int>();
        using var row = session.Query("select queue, lane, sum(count) from busjobs_dispatch group by queue, lane");
        while (row.Read())
        {
            inFlight[(row.GetString(0), (Lane)row.GetInt32(1))] = row.GetInt32(2);
        }

        return inFlight;
    }

    private static TimeSpan? NextDue(SqliteSession session, long now)
    {
        using var row = session.Query("select min(run_at) from busjobs_job where state = 0 and not waits_for_key");
        row.Read();
        return row.IsDBNull(0) ? null : TimeSpan.FromMilliseconds(Math.Max(0, row.GetInt64(0) - now));
    }
}
