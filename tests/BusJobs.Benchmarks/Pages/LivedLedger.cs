using BusJobs.Benchmarks.Running;
using BusJobs.Benchmarks.Servers;

namespace BusJobs.Benchmarks.Pages;

/// <summary>
/// Makes a ledger look as a busy shop's does after thirty days, by SQL: 20 kinds in 4 queues, some of 30 tenants, with tags, attempts, dead letters that have
/// stack traces, work that waits for its turn or its time, and what operators did.
/// </summary>
internal static class LivedLedger
{
    /// <summary>A kind of which there is a job in two hundred thousand.</summary>
    public const string RareKind = "shop.rare";

    private const int Chunk = 100_000;
    private const int Dead = 20_000;

    /// <summary>Kind, queue, tenant and tags of the n-th job; most jobs are of few kinds.</summary>
    private const string Traits =
        """
        case when n % 200000 = 77 then 'shop.rare' when n % 3 = 0 then 'shop.kind-00' else format('shop.kind-%s', lpad((n % 20)::text, 2, '0')) end as kind,
        (array['default', 'mail', 'reports', 'sync'])[1 + n % 4] as queue,
        case when n % 3 > 0 then format('tenant-%s', lpad((n % 30)::text, 2, '0')) end as tenant,
        case when n % 5 = 0 then '["nightly","eu"]' when n % 1000 = 1 then '["import"]' end as tags,
        format('{{"customer":%s,"amount":%s,"note":"order %s of the shop","apiKey":"k%s"}}', n % 50000, n % 997, n, n) as payload
        """;

    private const string Finished =
        $$"""
        with made as (
            insert into busjobs.job (id, kind, queue, payload, tenant, tags, state, run_at, attempt, fence, enqueued_at, finished_at, duration_ms, worker, reason)
            select pg_temp.id((extract(epoch from at) * 1000)::bigint), kind, queue, payload, tenant, tags, state, at, 1 + (n % 20 = 0)::int, 1 + (n % 20 = 0)::int,
                   at, at + interval '2 seconds', 40, 'worker-1/7', case state when 5 then 'cancelled by ops' when 6 then 'did not start in time' end
            from (select n, {{Traits}}, case when n % 97 = 0 then 5 when n % 211 = 0 then 6 else 3 end as state,
                         now() - interval '30 days' * (1 - n / ({2} + 1.0)) as at
                  from generate_series({0}, {1}) as n) as numbered
            returning id, fence, worker, enqueued_at)
        insert into busjobs.attempt (job_id, fence, number, ending, worker, ended_at, duration_ms, reason)
        select id, 1, 1, 1, worker, enqueued_at, 35, 'TimeoutException: the server did not answer within 30 s' || repeat(E'\n   at Shop.Call()', 8)
        from made where fence = 2;
        """;

    /// <summary>The newest died last; a reason is as long as a stack trace is, and there are sixty sorts of them.</summary>
    private const string DeadLetters =
        $$"""
        insert into busjobs.job (id, kind, queue, payload, tenant, tags, state, run_at, attempt, fence, enqueued_at, finished_at, duration_ms, worker, reason)
        select pg_temp.id((extract(epoch from at) * 1000)::bigint), kind, queue, payload, tenant, tags, 4, at, 3, 3, at, at + interval '1 minute', 40, 'worker-1/7',
               format('InvalidOperationException: no customer %s', n) || (
                   select string_agg(format(E'\n   at Shop.Part%s.Step%s(Guid id, CancellationToken token) in /src/Shop/Part%s.cs:line %s', n % 3, line, line, 10 * line), '')
                   from generate_series(1, 20) line)
        from (select n, {{Traits}}, now() - interval '5 days' * (1 - n / ({1} + 1.0)) as at from generate_series({0}, {1}) as n) as made;
        """;

    /// <summary>Of five: one in the common line, two in the lines of their tenants, two for later. Some of those that are ready stand behind another of their key.</summary>
    private const string Waiting =
        $$"""
        insert into busjobs.job (id, kind, queue, payload, tenant, tags, state, run_at, attempt, enqueued_at, reason, serial_key, behind)
        select pg_temp.id((extract(epoch from at) * 1000)::bigint), kind, queue, payload, tenant, tags, (n % 5 < 3)::int,
               case when n % 5 < 3 then at else now() + n * interval '1 second' end, (n % 5 = 4)::int, at, case n % 5 when 4 then 'TimeoutException: slow' end,
               case when n % 5 = 2 and n % 10 = 2 then format('key-%s', n) end, case when n % 5 = 2 and n % 20 = 2 then gen_random_uuid() end
        from (select n, {{Traits}}, now() - interval '1 hour' + n * interval '1 millisecond' as at from generate_series({0}, {1}) as n) as made;
        """;

    private const string UnderWay =
        """
        with packs as (select id, kind, queue, row_number() over (partition by kind, queue order by id) / 100 as pack
                       from (select * from busjobs.job where state = 1 and line = 0 limit 2000) ready),
             sent as (insert into busjobs.dispatch (id, queue, kind, lane, jobs, fences, count)
                      select gen_random_uuid(), queue, kind, 0, array_agg(id order by id), array_agg(1 order by id), count(*) from packs group by queue, kind, pack
                      returning jobs)
        update busjobs.job set state = 2, fence = 1 where id in (select unnest(jobs) from sent);
        update busjobs.job set discarded_by = 'ops', reason = 'InvalidOperationException: no customer' where id in (select id from busjobs.job where state = 5 order by id desc limit 5000);
        insert into busjobs.tally (slot, kind, succeeded, dead, cancelled, expired)
        select 0, kind, count(*) filter (where state = 3), count(*) filter (where state = 4), count(*) filter (where state = 5), count(*) filter (where state = 6)
        from busjobs.job where state > 2 group by kind;
        insert into busjobs.audit (at, who, what, target, detail, result)
        select now() - n * interval '1 minute', 'ops', 'job.retry', gen_random_uuid()::text, null, '1 ready, 0 with a key that is taken' from generate_series(1, 50000) n;
        insert into busjobs.fire (schedule_id, nominal_at, fired_at, job_id)
        select 'report-0', now() - n * interval '5 minutes', now() - n * interval '5 minutes', gen_random_uuid() from generate_series(1, 10000) n;
        """;

    public static async Task FillAsync(OwnDatabase database, int history, int waiting, CancellationToken cancellationToken)
    {
        foreach (var (statement, count) in ((string, int)[])[(Finished, history), (DeadLetters, Dead), (Waiting, waiting)])
        {
            for (var from = 1; from <= count; from += Chunk)
            {
                var to = Math.Min(from + Chunk - 1, count);
                await database.ExecuteAsync(GrownLedger.Ids + string.Format(statement, from, to, count), cancellationToken);
            }
        }

        await database.ExecuteAsync(UnderWay, cancellationToken);
        // What autovacuum would have done on its way.
        await database.ExecuteAsync("vacuum analyze", cancellationToken);
    }
}
