using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    // What StartChosen does in two steps, in one: where no limit is near, and nobody waits for a key, the shares alone tell who may start. Jobs of a
    // key that came since are passed over; the next look finds them.
    private const string StartLines =
        """
        with looked as materialized (
            select c.place, l.tenant, l.most, c.priority, c.run_at, c.id
            from unnest($3, $4, $5, $7, $8, $9) as l(tenant, kind, most, priority, run_at, id) cross join lateral (
                select ctid as place, priority, run_at, id from busjobs.job
                where stage = 1 and state <> 2 and line = 1 and queue = $1 and lane = $2
                  and (coalesce(tenant, ''), kind, priority, run_at, id) >= (l.tenant, l.kind, l.priority, l.run_at, l.id)
                  and (coalesce(tenant, ''), kind) <= (l.tenant, l.kind)
                  and serial_key is null and (expires_at is null or expires_at > coalesce($6, now()))
                order by coalesce(tenant, ''), kind, priority, run_at, id limit l.most for update skip locked) c
            union all
            select c.place, '', $10, c.priority, c.run_at, c.id
            from (select ctid as place, priority, run_at, id from busjobs.job
                  where stage = 1 and state <> 2 and line = 0 and queue = $1 and lane = $2 and (priority, run_at, id) >= ($11, $12, $13)
                    and (expires_at is null or expires_at > coalesce($6, now()))
                  order by priority, run_at, id limit $10 for update skip locked) c)
        update busjobs.job set state = 2, fence = fence + 1, worker = null, reason = null where ctid = any(array(
            select place from (select place, most, row_number() over (partition by tenant order by priority, run_at, id) as turn from looked) t
            where turn <= most))
        """ + ClaimedColumns + ", line";

    /// <summary>Claims by the shares of tenants alone, which takes one look at their lines.</summary>
    private async Task<List<ClaimedJob>> ClaimLinesAsync(
        NpgsqlConnection connection, string queue, Lane lane, List<Look> looks, Dictionary<string, int> shares, Room room, DateTimeOffset? now,
        CancellationToken cancellationToken)
    {
        (looks, var started) = await FromHeadsAsync(looks, from => StartLinesAsync(connection, queue, lane, from, now, cancellationToken));
        var choice = Choice.Make(started.Select(one => one.Candidate), shares, room);
        NoteHeads(queue, lane, looks, started.ConvertAll(one => one.Candidate), choice, new());
        var jobs = started.ToDictionary(one => one.Candidate.Id, one => one.Job);
        return choice.Starts.ConvertAll(start => jobs[start.Id]);
    }

    private async Task<List<(Candidate Candidate, ClaimedJob Job)>> StartLinesAsync(
        NpgsqlConnection connection, string queue, Lane lane, List<Look> looks, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        if (looks.Count == 0)
        {
            return [];
        }

        var common = looks.Exists(look => look.Kind is null) ? looks.Find(look => look.Kind is null) : new Look("", Kind: null, Most: 0, ReadyHead.First(clock));
        await using var start = Statement(connection, StartLines,
        [
            Of(queue), Of((short)lane), .. ApartOf(looks, now), Of(common.Most), Of(common.Head.Priority), Of(common.Head.RunAt), Of(common.Head.Id),
        ]);
        await using var reader = await start.ExecuteReaderAsync(cancellationToken);
        var started = new List<(Candidate, ClaimedJob)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var job = Read(reader);
            started.Add((
                new Candidate(
                    job.Job.Id, job.Kind, job.Job.Tenant ?? "", reader.GetInt16(10), reader.GetDateTime(11).Ticks, IsCommon: reader.GetInt16(12) == 0, Behind: null),
                job));
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

    /// <summary>Looks where the last claims left off, and at the front where nothing is left there.</summary>
    private async Task<(List<Look> Looks, List<TFound> Found)> FromHeadsAsync<TFound>(List<Look> looks, Func<List<Look>, Task<List<TFound>>> find)
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
