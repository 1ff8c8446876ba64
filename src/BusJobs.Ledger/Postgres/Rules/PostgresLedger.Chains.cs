using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    /// <summary>Most bytes of payload that go along with one job.</summary>
    private const int MostBytesAlong = 65_536;

    // The jobs of each key that come next, in order, as far as each could start where the first does. One that somebody else holds ends its chain, for
    // nobody may be passed over; that is seen by whoever reads.
    private const string LookAlong =
        """
        with next as (
            select h.head, f.place, f.id, f.number, bool_and(f.fits and f.kind = h.kind and f.tenant = h.tenant) over known
                and sum(f.bytes) over known <= $9 as goes
            from unnest($2, $3, $4, $5, $6, $7) as h(head, key, number, kind, tenant, most) cross join lateral (
                select ctid as place, id, serial_no as number, kind, coalesce(tenant, '') as tenant, octet_length(payload) as bytes,
                       state = 1 and queue = $1 and lane = 0 and not cancel_requested and (expires_at is null or expires_at > coalesce($8, now())) as fits
                from busjobs.job where serial_key = h.key and stage <= 1 and serial_no > h.number order by serial_no limit h.most) f
            window known as (partition by h.head order by f.number)),
        held as (
            select id from busjobs.job where ctid = any(array(select place from next where goes)) and state = 1 for update skip locked)
        select n.head, n.id, n.place::text, held.id is not null from next n left join held on held.id = n.id where n.goes order by n.head, n.number
        """;

    /// <summary>Whether a job that was started goes along with another.</summary>
    private const string Chained = ", chained";

    private const string StartChained =
        "update busjobs.job set state = 2, fence = fence + 1, worker = null, reason = null, chained = true where ctid = any($1::text[]::tid[]) and state = 1" + ClaimedColumns + Chained;

    /// <summary>Which jobs of the same key may go along with each that was chosen, and holds them.</summary>
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
            Array(firsts.Select(first => first.Id), NpgsqlDbType.Uuid),
            Array(firsts.Select(first => first.Place!.Value.Key), NpgsqlDbType.Text),
            Array(firsts.Select(first => first.Place!.Value.Number), NpgsqlDbType.Bigint),
            Array(firsts.Select(first => first.Kind), NpgsqlDbType.Text),
            Array(firsts.Select(first => first.Tenant), NpgsqlDbType.Text),
            Array(firsts.Select(first => lengths[first.Kind] - 1), NpgsqlDbType.Integer),
            Now(now), Of(MostBytesAlong));
        await using var reader = await look.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            chains.Add(reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), isHeld: reader.GetBoolean(3));
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
        private readonly HashSet<Guid> ended = [];

        public IEnumerable<Guid> Along => chains.Values.SelectMany(chain => chain).Select(one => one.Id);

        /// <summary>In the order of the key.</summary>
        /// <param name="isHeld">One that is not ends the chain.</param>
        public void Add(Guid head, Guid id, string place, bool isHeld)
        {
            if (!isHeld)
            {
                ended.Add(head);
            }

            if (ended.Contains(head))
            {
                return;
            }

            if (!chains.TryGetValue(head, out var chain))
            {
                chains[head] = chain = [];
            }

            chain.Add((id, place));
        }

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

            var along = Along.ToHashSet();
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

        public IEnumerable<NpgsqlBatchCommand> Starts()
        {
            if (chains.Count > 0)
            {
                yield return Command(StartChained, Array(chains.Values.SelectMany(chain => chain).Select(one => one.Place), NpgsqlDbType.Text));
            }
        }

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
                foreach (var (id, _) in chains.GetValueOrDefault(head.Id) ?? [])
                {
                    jobs.Add(started[id]);
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
