using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    // Two loose scans, of the tenants whose turn comes later and of those before them: one look-up for each line, however long it is. They
    // go backwards, as turns do, from the end of a line to the end of the next: at its head a line is full of jobs that are dispatched, or were since the last vacuum.
    private const string ListLines =
        """
        with recursive later as (
            (select coalesce(tenant, '') as tenant, kind from busjobs.job
             where stage = 1 and state <> 2 and line = 1 and queue = $1 and lane = $2 and coalesce(tenant, '') < $3
             order by coalesce(tenant, '') desc, kind desc, priority desc, run_at desc, id desc limit 1)
            union all
            select n.tenant, n.kind from later l cross join lateral (
                select coalesce(tenant, '') as tenant, kind from busjobs.job
                where stage = 1 and state <> 2 and line = 1 and queue = $1 and lane = $2 and (coalesce(tenant, ''), kind) < (l.tenant, l.kind)
                order by coalesce(tenant, '') desc, kind desc, priority desc, run_at desc, id desc limit 1) n),
        sooner as (
            (select coalesce(tenant, '') as tenant, kind from busjobs.job
             where stage = 1 and state <> 2 and line = 1 and queue = $1 and lane = $2 and coalesce(tenant, '') >= $3
             order by coalesce(tenant, '') desc, kind desc, priority desc, run_at desc, id desc limit 1)
            union all
            select n.tenant, n.kind from sooner l cross join lateral (
                select coalesce(tenant, '') as tenant, kind from busjobs.job
                where stage = 1 and state <> 2 and line = 1 and queue = $1 and lane = $2 and (coalesce(tenant, ''), kind) < (l.tenant, l.kind)
                  and coalesce(tenant, '') >= $3
                order by coalesce(tenant, '') desc, kind desc, priority desc, run_at desc, id desc limit 1) n),
        common as (
            select from busjobs.job where stage = 1 and state <> 2 and line = 0 and queue = $1 and lane = $2 order by priority desc, run_at desc, id desc limit 1)
        (select tenant, kind from later where tenant <> all($4) and kind <> all($5) limit $6)
        union all
        select '', null from common where $3 <> ''
        union all
        (select tenant, kind from sooner where tenant <> all($4) and kind <> all($5) limit $6)
        union all
        select '', null from common where $3 = ''
        """;

    // A line is a span of its index. Asked for by its tenant and kind, it would be looked for in the index of all waiting jobs as well, which
    // has the same order within a line, and past all the other lines: the planner thinks there is one job, and takes either.
    // A job with a key comes with the one that it must wait for: the job of the key before it; or, when it came late or was redriven, one
    // after it that runs.
    private const string LookAtLines =
        """
        select c.id, c.kind, c.tenant, c.priority, c.run_at, false, case when c.key is not null then coalesce(
            (select b.id from busjobs.job b where b.serial_key = c.key and b.stage <= 1 and b.serial_no < c.number order by b.serial_no desc limit 1),
            (select b.id from busjobs.job b where b.serial_key = c.key and b.stage = 2)) end, c.key, c.number
        from unnest($3, $4, $5, $7, $8, $9) as l(tenant, kind, most, priority, run_at, id) cross join lateral (
            select id, kind, coalesce(tenant, '') as tenant, priority, run_at, serial_key as key, serial_no as number from busjobs.job
            where stage = 1 and state <> 2 and line = 1 and queue = $1 and lane = $2
              and (coalesce(tenant, ''), kind, priority, run_at, id) >= (l.tenant, l.kind, l.priority, l.run_at, l.id)
              and (coalesce(tenant, ''), kind) <= (l.tenant, l.kind)
              and (expires_at is null or expires_at > coalesce($6, now()))
            order by coalesce(tenant, ''), kind, priority, run_at, id limit l.most for update skip locked) c
        """;

    private const string LookAtCommon =
        """
        select id, kind, '', priority, run_at, true, null::uuid, null, null from busjobs.job
        where stage = 1 and state <> 2 and line = 0 and queue = $1 and lane = $2 and (priority, run_at, id) >= ($5, $6, $7)
          and (expires_at is null or expires_at > coalesce($4, now()))
        order by priority, run_at, id limit $3 for update skip locked
        """;

    // In the order of the index, which is empty where no job has a key: asked without one, a new table would be read whole.
    private const string ReadStampAndKeys =
        """
        select (select stamp from busjobs.rules), (select 1 from busjobs.job where serial_key is not null and stage <= 1 order by serial_key, serial_no limit 1) is not null
        """;

    /// <summary>Lines looked at in one claim: enough for the kinds of a few tenants even when there is room for one job.</summary>
    private const int FewestLines = 200;

    /// <summary>As <see cref="WorthRemembering"/>, of one line among many.</summary>
    private const int WorthRememberingOfLine = 10;

    /// <returns>The lines in the order of their turns; the common line is that of no tenant and no kind.</returns>
    private static async Task<SeenLines> LinesAsync(
        NpgsqlConnection connection, string queue, Lane lane, string after, Room room, int most, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                Command(ReadStampAndKeys),
                Command(ListLines, Of(queue), Of((short)lane), Of(after),
                    Array(room.Closed(LimitScope.Tenant), NpgsqlDbType.Text), Array(room.Closed(LimitScope.Kind), NpgsqlDbType.Text), Of(most)),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var seen = new SeenLines(reader.IsDBNull(0) ? Guid.Empty : reader.GetGuid(0), HasKeys: reader.GetBoolean(1), []);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            seen.Lines.Add((reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1)));
        }

        return seen;
    }

    private List<Look> Looks(string queue, Lane lane, List<(string Tenant, string? Kind)> lines, Dictionary<string, int> shares, Room room)
    {
        return [.. lines.Select(line => new Look(line.Tenant, line.Kind, Most(line), heads.Of(new(queue, lane, line.Tenant, line.Kind)))).Where(look => look.Most > 0)];

        // What comes of the common line is of many kinds, whose room is asked for one by one.
        int Most((string Tenant, string? Kind) line) =>
            Math.Min(shares.GetValueOrDefault(line.Tenant), line.Kind is { } kind ? room.Of(kind, line.Tenant) : int.MaxValue);
    }

    private async Task<List<Candidate>> CandidatesAsync(
        NpgsqlConnection connection, string queue, Lane lane, List<Look> looks, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (looks.Exists(look => look.Kind is not null))
        {
            batch.BatchCommands.Add(Command(LookAtLines, [Of(queue), Of((short)lane), .. ApartOf(looks, now)]));
        }

        foreach (var common in looks.Where(look => look.Kind is null))
        {
            batch.BatchCommands.Add(Command(LookAtCommon, Of(queue), Of((short)lane), Of(common.Most), Now(now),
                Of(common.Head.Priority), Of(common.Head.RunAt), Of(common.Head.Id)));
        }

        if (batch.BatchCommands.Count == 0)
        {
            return [];
        }

        var found = new List<Candidate>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        do
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                found.Add(ReadCandidate(reader));
            }
        }
        while (await reader.NextResultAsync(cancellationToken));

        return found;
    }

    private static Candidate ReadCandidate(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetInt16(3), reader.GetDateTime(4).Ticks, reader.GetBoolean(5),
        reader.IsDBNull(6) ? null : reader.GetGuid(6), reader.IsDBNull(7) ? null : (reader.GetString(7), reader.GetInt64(8)));

    /// <summary>Remembers how far each line was taken without a gap, where it has more, or all that was asked for came.</summary>
    private void NoteHeads(string queue, Lane lane, List<Look> looks, List<Candidate> candidates, Choice choice, HashSet<Guid> along)
    {
        var gone = choice.Starts.Count + choice.Moved == candidates.Count ? null
            : choice.Starts.Select(start => start.Id).Concat(choice.Aside).Concat(choice.Behind.Select(one => one.Id)).Concat(along).ToHashSet();
        var lines = candidates.ToLookup(candidate => (candidate.Tenant, Kind: candidate.IsCommon ? null : candidate.Kind));
        foreach (var look in looks)
        {
            List<Candidate> line = [.. lines[(look.Tenant, look.Kind)]];
            var passed = gone is null ? line.Count : line.TakeWhile(candidate => gone.Contains(candidate.Id)).Count();
            var more = passed < line.Count || line.Count == look.Most;
            heads.Note(new(queue, lane, look.Tenant, look.Kind), more && passed >= WorthRememberingOfLine ? look.Head.After(line[passed - 1]) : null);
        }
    }

    /// <param name="Stamp">Of the rules as they are.</param>
    /// <param name="HasKeys">Whether any job of a key waits.</param>
    private sealed record SeenLines(Guid Stamp, bool HasKeys, List<(string Tenant, string? Kind)> Lines);

    /// <summary>At the front of a line, as far as the share and the room of its tenant and kind go.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Look(string Tenant, string? Kind, int Most, ReadyHead Head);
}
