using BusJobs.Benchmarks.Servers;

namespace BusJobs.Benchmarks.Running;

/// <summary>Makes a ledger look as after a long life, by SQL: finished jobs with their tally, and jobs that nobody may run yet.</summary>
internal static class GrownLedger
{
    private const int Chunk = 100_000;

    /// <summary>Ids are of version 7 and rise with time, as clients make them: random ones would cost an index more than it pays in life.</summary>
    public const string Ids =
        """
        create function pg_temp.id(millisecond bigint) returns uuid language sql volatile as
        $$ select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring(int8send($1) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid $$;
        """;

    private const string Finished =
        """
        insert into busjobs.job (id, kind, queue, payload, state, run_at, attempt, fence, enqueued_at, finished_at, duration_ms, worker)
        select pg_temp.id((extract(epoch from at) * 1000)::bigint), 'bench.history', 'default', format('{{"number":%s}}', n), 3, at, 1, 1, at, at, 1, 'bench/1'
        from (select n, now() - interval '30 days' + n * interval '1 second' as at from generate_series({0}, {1}) as n) as made;
        insert into busjobs.tally as t (slot, kind, succeeded) values (0, 'bench.history', {1} - {0} + 1)
        on conflict (slot, kind) do update set succeeded = t.succeeded + excluded.succeeded;
        """;

    // Half of them scheduled for later days, half ready at a low priority in a queue that no worker serves.
    private const string Waiting =
        """
        insert into busjobs.job (id, kind, queue, payload, state, priority, run_at)
        select pg_temp.id((extract(epoch from clock_timestamp()) * 1000)::bigint), 'bench.waiting', case n % 2 when 0 then 'default' else 'unserved' end,
               format('{{"number":%s}}', n), n % 2, 200, now() + case n % 2 when 0 then interval '1 day' + n * interval '1 second' else interval '0' end
        from generate_series({0}, {1}) as n;
        """;

    public static async Task FillAsync(OwnDatabase database, int history, int waiting, CancellationToken cancellationToken)
    {
        foreach (var (statement, count) in ((string, int)[])[(Finished, history), (Waiting, waiting)])
        {
            for (var from = 1; from <= count; from += Chunk)
            {
                await database.ExecuteAsync(Ids + string.Format(statement, from, Math.Min(from + Chunk - 1, count)), cancellationToken);
            }
        }

        // What autovacuum would have done on its way.
        await database.ExecuteAsync("vacuum analyze busjobs.job", cancellationToken);
    }
}
