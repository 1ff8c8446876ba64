using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    /// <summary>Most bytes of payload that go along with one job.</summary>
    private const int MostBytesAlong = 65_536;

    // The jobs of each key that come next, in order, in one row for each first: a row for each job costs its reader more than its look. They are not held:
    // that costs as much as starting them, and hardly ever does anybody else want one. One that could not start where the first does has no size.
    private const string LookAlong =
        """
        select h.at::int, f.ids, f.places, f.sizes
        from unnest($2, $3, $4, $5, $6) with ordinality as h(key, number, kind, tenant, most, at) cross join lateral (
            select array_agg(n.id) as ids, array_agg(n.ctid::text) as places, array_agg(case
                when n.state = 1 and n.queue = $1 and n.lane = 0 and n.kind = h.kind and coalesce(n.tenant, '') = h.tenant and not n.cancel_requested
                    and (n.expires_at is null or n.expires_at > coalesce($7, now())) then octet_length(n.payload) end) as sizes
            from (select id, ctid, state, queue, lane, kind, tenant, cancel_requested, expires_at, payload from busjobs.job where serial_key = h.key and stage <= 1 and serial_no > h.number order by serial_no limit h.most) n) f
        where f.ids is not null
        """;

    /// <summary>Whether a job that was started goes along with another.</summary>
    private const string Chained = ", chained";

    private const string StartChained =
        "update busjobs.job set state = 2, fence = fence + 1, worker = null, reason = null, chained = true where ctid = any($1::text[]::tid[]) and state = 1" + ClaimedColumns + Chained;

    // Nobody may be passed over: where one that was seen has changed since, or is held for longer than a moment, none goes along. Waiting for it could
    // also be waiting for somebody who waits for what is started here.
    private const string BeforeAlong = "savepoint along";
    private const string WaitForAMoment = "set local lock_timeout = '10ms'";
    private const string NobodyAlong = "rollback to savepoint along";

    /// <summary>Which jobs of the same key may go along with each that was chosen.</summary>
    private static async Task<Chains> ChainsAsync(
        NpgsqlConnection connection, string queue, List<Candidate> starts, Func<string, int> chain, DateTimeOffset? now,
        CancellationToken cancellationToken)
    {
        var chains = new Chains();
        var lengths = starts.Select(start => start.Kind).Distinct().ToDictionary(kind => kind, chain);
        var firsts = starts.FindAll(start => start.Place is not null && lengths[start.Kind] > 1);
        if (firsts.Count == 0)
        {
            return chains;
        }

        await using var look = Statement(connection, LookAlong, Of(queue),
            Array(firsts.Select(first => first.Place!.Value.Key), NpgsqlDbType.Text),
            Array(firsts.Select(first => first.Place!.Value.Number), NpgsqlDbType.Bigint),
            Array(firsts.Select(first => first.Kind), NpgsqlDbType.Text),
            Array(firsts.Select(first => first.Tenant), NpgsqlDbType.Text),
            Array(firsts.Select(first => lengths[first.Kind] - 1), NpgsqlDbType.Integer),
            Now(now));
        await using var reader = await look.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            chains.Add(
                firsts[reader.GetInt32(0) - 1].Id,
                reader.GetFieldValue<Guid[]>(1).Zip(reader.GetFieldValue<string[]>(2)),
                reader.GetFieldValue<int?[]>(3));
        }

        return chains;
    }

    /// <summary>
    /// Jobs that go along with the one of their key that was chosen: the worker runs them one after the other, as long as each ends for good. Only the
    /// first is looked at for who comes before it, and only it is at the stage of what runs by its key; that it stays there until all have ended is what
    /// keeps others of the key waiting.
    /// </summary>
    private sealed class Chains
    {
        private readonly Dictionary<Guid, List<(Guid Id, string Place)>> chains = [];

        public IEnumerable<Guid> Ids => chains.Values.SelectMany(chain => chain).Select(one => one.Id);

        public int Jobs => chains.Values.Sum(chain => chain.Count);

        /// <summary>Adds those that come after one, up to the first that could not start where it does.</summary>
        /// <param name="sizes">In bytes; null of one that could not.</param>
        public void Add(Guid head, IEnumerable<(Guid Id, string Place)> along, int?[] sizes)
        {
            var (count, bytes) = (0, 0);
            while (count < sizes.Length && sizes[count] is { } size && (bytes += size) <= MostBytesAlong)
            {
                count++;
            }

            if (count > 0)
            {
                chains[head] = [.. along.Take(count)];
            }
        }

        /// <summary>Leaves each head alone.</summary>
        public void Clear() => chains.Clear();

        /// <summary>Keeps of what was chosen, with what goes along, as much as each tenant's share allows.</summary>
        public Choice Shorten(Choice choice, Dictionary<string, int> shares)
        {
            if (chains.Count == 0)
            {
                return choice;
            }

            var left = new Dictionary<string, int>(shares);
            var starts = new List<Candidate>();
            foreach (var start in choice.Starts)
            {
                var room = left.GetValueOrDefault(start.Tenant);
                if (room == 0)
                {
                    chains.Remove(start.Id);
                    continue;
                }

                starts.Add(start);
                left[start.Tenant] = room - 1 - Cut(start.Id, room - 1);
            }

            var along = choice.Behind.Count == 0 ? [] : Ids.ToHashSet();
            return choice with { Starts = starts, Behind = choice.Behind.FindAll(one => !along.Contains(one.Id)) };
        }

        /// <summary>Counts what goes along among the starts of this claim.</summary>
        public void TakeFrom(Room room, List<Candidate> starts)
        {
            foreach (var head in starts)
            {
                for (var along = chains.GetValueOrDefault(head.Id)?.Count ?? 0; along > 0; along--)
                {
                    room.TryTake(head.Kind, head.Tenant);
                }
            }
        }

        public IEnumerable<NpgsqlBatchCommand> Starts() => Jobs == 0
            ? []
            :
            [
                Command(BeforeAlong), Command(WaitForAMoment),
                Command(StartChained, Array(chains.Values.SelectMany(chain => chain).Select(one => one.Place), NpgsqlDbType.Text)),
            ];

        /// <summary>What started, each chain in a row.</summary>
        public List<ClaimedJob> InOrder(List<Candidate> starts, Dictionary<Guid, ClaimedJob> started)
        {
            var jobs = new List<ClaimedJob>(started.Count);
            foreach (var head in starts)
            {
                if (!started.TryGetValue(head.Id, out var first))
                {
                    continue;
                }

                jobs.Add(first);
                foreach (var one in chains.GetValueOrDefault(head.Id) ?? [])
                {
                    jobs.Add(started[one.Id]);
                }
            }

            return jobs;
        }

        public Dictionary<string, double> JobsPerStart(List<Candidate> starts) => chains.Count == 0
            ? []
            : starts.GroupBy(start => start.Tenant)
                .Select(tenant => (tenant.Key, Jobs: 1 + tenant.Average(start => chains.GetValueOrDefault(start.Id)?.Count ?? 0)))
                .Where(tenant => tenant.Jobs > 1)
                .ToDictionary(tenant => tenant.Key, tenant => tenant.Jobs);

        /// <returns>How many go along.</returns>
        private int Cut(Guid head, int most)
        {
            if (!chains.TryGetValue(head, out var chain))
            {
                return 0;
            }

            if (chain.Count > most)
            {
                chain.RemoveRange(most, chain.Count - most);
            }

            return chain.Count;
        }
    }
}
