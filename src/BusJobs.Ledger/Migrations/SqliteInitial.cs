using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

[DbContext(typeof(SqliteLedgerContext))]
[Migration("20261122000000_Initial")]
internal sealed class SqliteInitial : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        -- Ids are lower-case text and times are milliseconds since 1970 in UTC: both sort as they should.
        create table busjobs_job (
            id               text not null primary key,
            kind             text not null,
            queue            text not null,
            payload          text not null,
            state            integer not null default 1,
            priority         integer not null default 100,
            run_at           integer not null default (cast(unixepoch('subsec') * 1000 as integer)),
            attempt          integer not null default 0,
            crashes          integer not null default 0,
            lane             integer not null generated always as (min(crashes, 2)) virtual,
            fence            integer not null default 0,
            parks            integer not null default 0,
            max_attempts     integer,
            timeout_ms       integer,
            tenant           text,
            tags             text,
            trace_parent     text,
            cancel_requested integer not null default 0,
            enqueued_at      integer not null default (cast(unixepoch('subsec') * 1000 as integer)),
            finished_at      integer,
            duration_ms      integer,
            worker           text,
            reason           text,
            progress         integer,
            progress_note    text
        ) strict;

        create index busjobs_job_ready on busjobs_job (queue, lane, priority, run_at, id) where state = 1;
        create index busjobs_job_scheduled on busjobs_job (run_at) where state = 0;
        create index busjobs_job_cancelling on busjobs_job (id) where cancel_requested and state = 2;
        create index busjobs_job_dead on busjobs_job (finished_at, id) where state = 4;

        -- AUTOINCREMENT, because a sequence must not be given twice, even when its row is gone.
        create table busjobs_dispatch (
            sequence   integer primary key autoincrement,
            id         text not null unique,
            queue      text not null,
            kind       text not null,
            lane       integer not null,
            jobs       text not null,
            fences     text not null,
            count      integer not null,
            created_at integer not null default (cast(unixepoch('subsec') * 1000 as integer))
        ) strict;

        -- The counter is there from the start, so that a probe can raise it before the first dispatch.
        insert into sqlite_sequence (name, seq) values ('busjobs_dispatch', 0);

        create table busjobs_attempt (
            job_id      text not null,
            fence       integer not null,
            number      integer not null,
            ending      integer not null,
            worker      text not null,
            ended_at    integer not null,
            duration_ms integer not null,
            reason      text,
            primary key (job_id, fence)
        ) strict, without rowid;

        create table busjobs_tally (
            slot      integer not null,
            kind      text not null,
            succeeded integer not null default 0,
            dead      integer not null default 0,
            cancelled integer not null default 0,
            retried   integer not null default 0,
            stale     integer not null default 0,
            reclaimed integer not null default 0,
            primary key (slot, kind)
        ) strict, without rowid;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        drop table busjobs_tally;
        drop table busjobs_attempt;
        drop table busjobs_dispatch;
        drop table busjobs_job;
        """);
}
