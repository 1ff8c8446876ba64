using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string AlongLines =
        """

            from unnest($3, $4, $5, $7, $8, $9) as l(tenant, kind, most, priority, run_at, id) cross join lateral (
                select ctid as place, priority, run_at, id from busjobs.job
                where stage = 1 and state <> 2 and line = 1 and queue = $1 and lane = $2
                  and (coalesce(tenant, ''), kind, priority, run_at, id) >= (l.tenant, l.kind, l.priority, l.run_at, l.id)
                  and (coalesce(tenant, ''), kind) <= (l.tenant, l.kind)
                  and serial_key is null and (expires_at is null or expires_at > coalesce($6, now()))
                order by coalesce(tenant, ''), kind, priority, run_at, id limit l.most for update skip locked) c
        """;

    private const string StartThose = "update busjobs.job set state = 2, fence = fence + 1, worker = null, reason = null where ctid = any(array(";

    private const string StartedColumns = "))" + ClaimedColumns + ", line";

    // What StartChosen does in two steps, in one: where no limit is near, and nobody waits for a key, the shares alone tell who may start. Jobs of a
    // key that came since are passed over; the next look finds them.
    private const string StartLines =
        """
        with looked as materialized (
            select c.place, l.tenant, l.most, c.priority, c.run_at, c.id
        """ + AlongLines +
        """

            union all
            select c.place, '', $10, c.priority, c.run_at, c.id
            from (select ctid as place, priority, run_at, id from busjobs.job
                  where stage = 1 and state <> 2 and line = 0 and queue = $1 and lane = $2 and (priority, run_at, id) >= ($11, $12, $13)
                    and (expires_at is null or expires_at > coalesce($6, now()))
                  order by priority, run_at, id limit $10 for update skip locked) c)

        """ + StartThose +
        """
            select place from (select place, most, row_number() over (partition by tenant order by priority, run_at, id) as turn from looked) t
            where turn <= most
        """ + StartedColumns;

    // Where each tenant has one line, its share is that of the line: nothing need be put in order to find who is within it.
    private const string StartOneLineEach = StartThose + "select c.place" + AlongLines + StartedColumns;

    /// <summary>Claims by the shares of tenants alone, which takes one look at their lines.</summary>
    private async Task<List<ClaimedJob>> ClaimLinesAsync(
        NpgsqlConnection connection, string queue, Lane lane, List<Look> looks, Dictionary<string, int> shares, Room room, DateTimeOffset? now,
        CancellationToken cancellationToken)
    {
        (looks, var started) = await FromHeadsAsync(looks, from => StartLinesAsync(connection, queue, lane, from, now, cancellationToken));
        var choice = Choice.Make(started, shares, room);
        NoteHeads(queue, lane, looks, started, choice, new());
        return choice.Starts.ConvertAll(start => start.Started!);
    }

    private async Task<List<Candidate>> StartLinesAsync(
        NpgsqlConnection connection, string queue, Lane lane, List<Look> looks, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        if (looks.Count == 0)
        {
            return [];
        }

        NpgsqlParameter[] apart = [Of(queue), Of((short)lane), .. ApartOf(looks, now)];
        var common = looks.FindIndex(look => look.Kind is null) is >= 0 and var at ? looks[at] : (Look?)null;
        var isOneLineEach = common is null && looks.DistinctBy(look => look.Tenant).Count() == looks.Count;
        await using var start = isOneLineEach ? Statement(connection, StartOneLineEach, apart) : Statement(connection, StartLines, [.. apart, .. CommonOf(common)]);
        await using var reader = await start.ExecuteReaderAsync(cancellationToken);
        var started = new List<Candidate>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var job = Read(reader);
            started.Add(new Candidate(
                job.Job.Id, job.Kind, job.Job.Tenant ?? "", reader.GetInt16(10), reader.GetDateTime(11).Ticks, IsCommon: reader.GetInt16(12) == 0, Behind: null, Started: job));
        }

        return started;
    }

    /// <summary>The lines of tenants and kinds, as both statements take them.</summary>
    private static NpgsqlParameter[] ApartOf(List<Look> looks, DateTimeOffset? now)
    {
        var apart = looks.FindAll(look => look.Kind is not null);
        return
        [
            Array(apart.Select(look => look.Tenant), NpgsqlDbType.Text), Array(apart.Select(look => look.Kind), NpgsqlDbType.Text),
            Array(apart.Select(look => look.Most), NpgsqlDbType.Integer), Now(now),
            Array(apart.Select(look => look.Head.Priority), NpgsqlDbType.Smallint), Array(apart.Select(look => look.Head.RunAt), NpgsqlDbType.TimestampTz),
            Array(apart.Select(look => look.Head.Id), NpgsqlDbType.Uuid),
        ];
    }

    private NpgsqlParameter[] CommonOf(Look? common)
    {
        var head = common?.Head ?? ReadyHead.First(clock);
        return [Of(common?.Most ?? 0), Of(head.Priority), Of(head.RunAt), Of(head.Id)];
    }

    /// <summary>Looks where the last claims left off, and at the front where nothing is left there.</summary>
    private async Task<(List<Look> Looks, List<Candidate> Found)> FromHeadsAsync(List<Look> looks, Func<List<Look>, Task<List<Candidate>>> find)
    {
        var found = await find(looks);
        if (found.Count > 0 || looks.TrueForAll(look => look.Head.IsFirst))
        {
            return (looks, found);
        }

        looks = looks.ConvertAll(look => look with { Head = ReadyHead.First(clock) });
        return (looks, await find(looks));
    }
}
