using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

[DbContext(typeof(PostgresLedgerContext))]
[Migration("20261122000000_Initial")]
internal sealed class PostgresInitial : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create schema if not exists busjobs;

        create table busjobs.job (
            id               uuid primary key,
            kind             text not null,
            queue            text not null,
            payload          text not null,
            state            smallint not null default 1,
            priority         smallint not null default 100,
            run_at           timestamptz not null default now(),
            attempt          integer not null default 0,
            crashes          smallint not null default 0,
            lane             smallint not null generated always as (least(crashes, 2)) stored,
            fence            integer not null default 0,
            parks            smallint not null default 0,
            max_attempts     integer,
            timeout_ms       bigint,
            tenant           text,
            tags             text,
            trace_parent     text,
            cancel_requested boolean not null default false,
            enqueued_at      timestamptz not null default now(),
            finished_at      timestamptz,
            duration_ms      integer,
            worker           text,
            reason           text,
            progress         smallint,
            progress_note    text
        ) with (
            -- Each job is updated twice at least; room on the page keeps its versions together.
            fillfactor = 70,
            -- A queue table lives by its vacuum: dead rows at the head of the ready index slow every claim.
            autovacuum_vacuum_scale_factor = 0.02,
            autovacuum_vacuum_insert_scale_factor = 0.05,
            autovacuum_vacuum_cost_delay = 0
        );

        create index job_ready on busjobs.job (queue, lane, priority, run_at, id) where state = 1;
        create index job_scheduled on busjobs.job (run_at) where state = 0;
        create index job_cancelling on busjobs.job (id) where cancel_requested and state = 2;
        create index job_dead on busjobs.job (finished_at, id) where state = 4;

        create table busjobs.dispatch (
            id         uuid primary key,
            sequence   bigint not null generated always as identity,
            queue      text not null,
            kind       text not null,
            lane       smallint not null,
            jobs       uuid[] not null,
            fences     integer[] not null,
            count      integer not null,
            created_at timestamptz not null default now()
        ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

        create table busjobs.attempt (
            job_id      uuid not null,
            fence       integer not null,
            number      integer not null,
            ending      smallint not null,
            worker      text not null,
            ended_at    timestamptz not null,
            duration_ms integer not null,
            reason      text,
            primary key (job_id, fence)
        );

        create table busjobs.tally (
            slot      smallint not null,
            kind      text not null,
            succeeded bigint not null default 0,
            dead      bigint not null default 0,
            cancelled bigint not null default 0,
            retried   bigint not null default 0,
            stale     bigint not null default 0,
            reclaimed bigint not null default 0,
            primary key (slot, kind)
        ) with (fillfactor = 50);

        -- Coordinators that sleep and want to be woken. Unlogged: after a crash of the server nobody sleeps.
        create unlogged table busjobs.listener (
            id    uuid primary key,
            since timestamptz not null default now()
        );

        -- NOTIFY takes a lock that serializes commits, so producers pay for it only while somebody listens.
        create function busjobs.wake() returns trigger language plpgsql as $$
        begin
            if exists (select 1 from busjobs.listener) then
                perform pg_notify('busjobs', '');
            end if;
            return null;
        end $$;

        create trigger job_wake after insert on busjobs.job for each statement execute function busjobs.wake();
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop schema busjobs cascade;");
}
