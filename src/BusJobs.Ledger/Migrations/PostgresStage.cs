using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

/// <summary>
/// A claim changes no column that an index knows of, so that it writes no index entry: PostgreSQL keeps such a new version beside the old one, where its
/// page has room. Indexes go by the stage of a job, which is the same whether it is ready or dispatched, and pages are filled by half. Only jobs that
/// are looked for by their key while they run have a stage of their own then; of those that travel as a chain, only the first. The table is written anew.
/// </summary>
[DbContext(typeof(PostgresLedgerContext))]
[Migration("20261129000000_Stage")]
internal sealed class PostgresStage : Migration
{
    private const string Carried =
        """
        id, run_at, enqueued_at, fence, attempt, state, priority, crashes, parks, cancel_requested, waits_for_key, limited, kind, queue, payload,
        serial_no, max_attempts, timeout_ms, finished_at, duration_ms, progress, key_generation, expires_at, behind, tenant, tags, trace_parent, worker, reason,
        progress_note, unique_key, serial_key, discarded_by
        """;

    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        $$"""
        alter table busjobs.job rename to job_before;

        create table busjobs.job (
            id               uuid not null,
            run_at           timestamptz not null default now(),
            enqueued_at      timestamptz not null default now(),
            fence            integer not null default 0,
            attempt          integer not null default 0,
            state            smallint not null default 1,
            priority         smallint not null default 100,
            crashes          smallint not null default 0,
            parks            smallint not null default 0,
            lane             smallint not null generated always as (least(crashes, 2)) stored,
            line             smallint not null generated always as (
                case when behind is not null then 2 when limited or tenant is not null or serial_key is not null then 1 else 0 end) stored,
            stage            smallint not null generated always as (
                case when state = 2 and (serial_key is null or chained) then 1 else state end) stored,
            cancel_requested boolean not null default false,
            waits_for_key    boolean not null default false,
            limited          boolean not null default false,
            chained          boolean not null default false,
            kind             text not null,
            queue            text not null,
            payload          text not null,
            serial_no        bigint default nextval('busjobs.serial_no'),
            max_attempts     integer,
            timeout_ms       bigint,
            finished_at      timestamptz,
            duration_ms      integer,
            progress         smallint,
            key_generation   integer,
            expires_at       timestamptz,
            behind           uuid,
            tenant           text,
            tags             text,
            trace_parent     text,
            worker           text,
            reason           text,
            progress_note    text,
            unique_key       text,
            serial_key       text,
            discarded_by     text
        ) with (
            fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0
        );

        insert into busjobs.job ({{Carried}}) select {{Carried}} from busjobs.job_before order by id;

        -- Whoever was let at the table, or at some of its columns, is let at the new one.
        do $$
        declare granted text;
        begin
            for granted in
                select format('grant %s%s on busjobs.job to %s%s', a.privilege_type, ' (' || quote_ident(a.attname) || ')',
                    case a.grantee when 0 then 'public' else a.grantee::regrole::text end, case when a.is_grantable then ' with grant option' end)
                from (
                    select null as attname, g.* from pg_class c, aclexplode(c.relacl) g where c.oid = 'busjobs.job_before'::regclass
                    union all
                    select c.attname, g.* from pg_attribute c, aclexplode(c.attacl) g where c.attrelid = 'busjobs.job_before'::regclass) a
            loop
                execute granted;
            end loop;
        end $$;

        drop table busjobs.job_before;

        alter table busjobs.job add primary key (id);
        create index job_ready on busjobs.job (queue, lane, priority, run_at, id) where stage = 1 and line = 0;
        create index job_lines on busjobs.job (queue, lane, (coalesce(tenant, '')), kind, priority, run_at, id) where stage = 1 and line = 1;
        create index job_waiting on busjobs.job (queue, lane, priority, run_at, id) where stage = 1 and line > 0;
        create index job_scheduled on busjobs.job (run_at) where stage = 0 and not waits_for_key;
        create index job_expiring on busjobs.job (expires_at) where expires_at is not null and stage <= 1;
        create index job_behind on busjobs.job (behind) where behind is not null and stage <= 1;
        create index job_cancelling on busjobs.job (id) where cancel_requested and stage in (1, 2);
        create index job_dead on busjobs.job (finished_at, id) where stage = 4;
        create index job_discarded on busjobs.job (finished_at, id) where discarded_by is not null;
        create unique index job_key_held on busjobs.job (kind, unique_key, key_generation)
            where unique_key is not null and not waits_for_key and stage in (0, 1, 2);
        create unique index job_key_waiting on busjobs.job (kind, unique_key, key_generation) where waits_for_key and stage = 0;
        create index job_serial on busjobs.job (serial_key, serial_no) where serial_key is not null and stage <= 1;
        create unique index job_serial_running on busjobs.job (serial_key) where serial_key is not null and stage = 2;

        -- What ends lets go whoever waits behind it: as before, by the index that goes by stages.
        create or replace function busjobs.let_go(settled uuid[]) returns void language plpgsql as $$
        begin
            if (select behind from busjobs.job where behind is not null and stage <= 1 order by behind limit 1) is null
                or not exists (select 1 from busjobs.job where behind = any(settled) and stage <= 1) then
                return;
            end if;
            update busjobs.job j set behind = null
            where j.behind = any(settled) and j.stage <= 1 and (select first.state from busjobs.job first where first.id = j.behind) > 2;
            if found and exists (select 1 from busjobs.listener) then
                perform pg_notify('busjobs', '');
            end if;
        end $$;

        create or replace function busjobs.let_next() returns trigger language plpgsql as $$
        begin
            if not exists (select 1 from busjobs.job where behind = old.id and stage <= 1) then
                return null;
            end if;
            update busjobs.job set behind = null where behind = old.id and stage <= 1 and (new.state > 2 or serial_no < old.serial_no);
            if found and exists (select 1 from busjobs.listener) then
                perform pg_notify('busjobs', '');
            end if;
            return null;
        end $$;

        create trigger job_wake after insert on busjobs.job for each statement execute function busjobs.wake();
        create trigger job_next after update of state on busjobs.job for each row
            when (old.serial_key is not null and old.state <= 2 and new.state <> old.state and new.state <> 3 and (old.state = 2 or new.state > 2))
            execute function busjobs.let_next();

        analyze busjobs.job;
        """);

    /// <summary>Whoever came before asks for states, which are what they were: more slowly, but all the same.</summary>
    protected override void Down(MigrationBuilder migrationBuilder)
    {
    }
}
