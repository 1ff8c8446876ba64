using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    /// <summary>Most bytes of payload that go along with one job.</summary>
    private const int MostBytesAlong = 65_536;

    // The jobs of each key that come next, in order, looked at and started in one go, tenant by tenant as far as there is room. They are not held before: that
    // costs as much as starting them, and hardly ever does anybody else want one. One that could not start where the first does has no bytes, and ends
    // its chain; only where there is such a one, or a large one, are they counted key by key.
    private const string StartAlong =
        """
        with look as materialized (
            select s.* from unnest($2, $3, $4, $5) as t(tenant, first, last, room) cross join lateral (
                select h.key, n.number, n.place, n.bytes
                from unnest(($6)[t.first:t.last], ($7)[t.first:t.last], ($8)[t.first:t.last], ($9)[t.first:t.last]) as h(key, number, kind, most) cross join lateral (
                    select serial_no as number, ctid as place, case
                        when state = 1 and queue = $1 and lane = 0 and kind = h.kind and coalesce(tenant, '') = t.tenant and not cancel_requested
                            and (expires_at is null or expires_at > coalesce($10, now())) then octet_length(payload) end as bytes
                    from busjobs.job where serial_key = h.key and stage <= 1 and serial_no > h.number order by serial_no limit h.most) n
                limit t.room) s),
        along as materialized (
            select case
                when (select count(bytes) = count(*) and coalesce(max(bytes), 0) <= $11 from look) then array(select place from look)
                else array(
                    select place from (
                        select place, sum(bytes) over chain as bytes, count(bytes) over chain = count(*) over chain as fit
                        from look window chain as (partition by key order by number)) c
                    where fit and bytes <= $12) end as places)
        update busjobs.job set state = 2, fence = fence + 1, worker = null, reason = null, chained = true where ctid = any((select places from along)::tid[]) and state = 1
        """ + ClaimedColumns + ", serial_key, serial_no, (select cardinality(places) from along)";

    // Nobody may be passed over: where one that was seen has changed since, or is held for longer than a moment, none goes along. Waiting for it could
    // also be waiting for somebody who waits for what is started here.
    private const string BeforeAlong = "savepoint along";
    private const string WaitForAMoment = "set local lock_timeout = '10ms'";
    private const string NobodyAlong = "rollback to savepoint along";

    /// <summary>
    /// Jobs that go along with the one of their key that was chosen: the worker runs them one after the other, as long as each ends for good. Only the
    /// first is looked at for who comes before it, and only it is at the stage of what runs by its key; that it stays there until all have ended is what
    /// keeps others of the key waiting.
    /// </summary>
    private sealed class Chains
    {
        private readonly List<Candidate> heads;
        private readonly List<(string Tenant, int First, int Last, int Room)> tenants = [];
        private readonly Dictionary<string, int> lengths;
        private readonly Dictionary<string, List<(long Number, ClaimedJob Job)>> chains = [];

        /// <param name="starts">What was chosen.</param>
        /// <param name="shares">How many jobs may start of each tenant.</param>
        /// <param name="chain">How many jobs of one key, of the kind, may travel together.</param>
        public Chains(List<Candidate> starts, Dictionary<string, int> shares, Func<string, int> chain)
        {
            // Asked once: the pace of a kind may change in between.
            lengths = starts.Select(start => start.Kind).Distinct().ToDictionary(kind => kind, chain);
            var chosen = starts.CountBy(start => start.Tenant).ToDictionary();
            var lines = starts.FindAll(start => start.Place is not null && lengths[start.Kind] > 1).GroupBy(head => head.Tenant)
                .Where(line => shares[line.Key] > chosen[line.Key]).ToList();
            heads = [.. lines.SelectMany(line => line)];
            var last = 0;
            foreach (var line in lines)
            {
                tenants.Add((line.Key, last + 1, last += line.Count(), shares[line.Key] - chosen[line.Key]));
            }
        }

        public IEnumerable<Guid> Ids => chains.Values.SelectMany(jobs => jobs).Select(one => one.Job.Job.Id);

        /// <summary>What starts them; nothing where there is nobody to go along with, or no room.</summary>
        public IEnumerable<NpgsqlBatchCommand> Starts(string queue, DateTimeOffset? now)
        {
            if (heads.Count == 0)
            {
                return [];
            }

            int[] most = [.. heads.Select(head => lengths[head.Kind] - 1)];
            return
            [
                Command(BeforeAlong), Command(WaitForAMoment),
                Command(StartAlong, Of(queue),
                    Array(tenants.Select(line => line.Tenant), NpgsqlDbType.Text),
                    Array(tenants.Select(line => line.First), NpgsqlDbType.Integer),
                    Array(tenants.Select(line => line.Last), NpgsqlDbType.Integer),
                    Array(tenants.Select(line => line.Room), NpgsqlDbType.Integer),
                    Array(heads.Select(head => head.Place!.Value.Key), NpgsqlDbType.Text),
                    Array(heads.Select(head => head.Place!.Value.Number), NpgsqlDbType.Bigint),
                    Array(heads.Select(head => head.Kind), NpgsqlDbType.Text),
                    Array(most, NpgsqlDbType.Integer),
                    Now(now), Of(MostBytesAlong / most.Max()), Of(MostBytesAlong)),
            ];
        }

        /// <returns>Whether all that were seen have started.</returns>
        public async Task<bool> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
        {
            var (count, seen) = (0, 0);
            while (await reader.ReadAsync(cancellationToken))
            {
                var key = reader.GetString(12);
                if (!chains.TryGetValue(key, out var jobs))
                {
                    chains[key] = jobs = [];
                }

                jobs.Add((reader.GetInt64(13), Read(reader, follows: true)));
                (count, seen) = (count + 1, reader.GetInt32(14));
            }

            foreach (var jobs in chains.Values)
            {
                // RETURNING gives rows in no order.
                jobs.Sort(static (one, other) => one.Number.CompareTo(other.Number));
            }

            return count == seen;
        }

        /// <summary>Leaves each head alone.</summary>
        public void Clear() => chains.Clear();

        /// <summary>Those that go along with one that was chosen, in order.</summary>
        public IEnumerable<ClaimedJob> Behind(Candidate head) =>
            head.Place is { } place && chains.TryGetValue(place.Key, out var jobs) ? jobs.Select(static one => one.Job) : [];

        /// <summary>Counts what goes along among the starts of this claim.</summary>
        public void TakeFrom(Room room)
        {
            foreach (var head in heads)
            {
                foreach (var _ in Behind(head))
                {
                    room.TryTake(head.Kind, head.Tenant);
                }
            }
        }

        /// <summary>Of tenants where others go along: how many jobs start for each that was chosen, of those that there was room for.</summary>
        public Dictionary<string, double> JobsPerStart()
        {
            var per = new Dictionary<string, double>();
            foreach (var (tenant, first, last, _) in tenants)
            {
                var along = heads[(first - 1)..last].ConvertAll(head => Behind(head).Count());
                var reached = along.FindLastIndex(static count => count > 0) + 1;
                if (reached > 0)
                {
                    per[tenant] = 1 + ((double)along.Sum() / reached);
                }
            }

            return per;
        }
    }
}
