using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

/// <summary>Pauses, limits, shares between tenants, and keys whose jobs run one at a time.</summary>
[DbContext(typeof(SqliteLedgerContext))]
[Migration("20261122000200_Limits")]
internal sealed class SqliteLimits : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create table busjobs_pause (
            scope     integer not null,
            name      text not null,
            paused_by text not null,
            reason    text,
            paused_at integer not null,
            primary key (scope, name)
        ) strict, without rowid;

        create table busjobs_dispatch_limit (
            scope       integer not null,
            name        text not null,
            max_running integer,
            max_starts  integer,
            period_ms   integer,
            weight      integer,
            declared    text,
            primary key (scope, name)
        ) strict, without rowid;

        -- One row: changes with each change of a pause or a limit, so that whoever remembers them knows when to read them again.
        create table busjobs_rules (
            one   integer primary key default 1 check (one = 1),
            stamp text not null
        ) strict;

        -- What started lately, of kinds and tenants with a rate.
        create table busjobs_recent_starts (
            scope     integer not null,
            name      text not null,
            starts    text not null,
            forget_at integer not null,
            primary key (scope, name)
        ) strict, without rowid;

        -- Among jobs of a key, the row's number tells which came first.
        alter table busjobs_job add column serial_key text;
        alter table busjobs_job add column behind text;
        alter table busjobs_job add column limited integer not null default 0;
        -- Where a ready job stands: 0 in the queue's common line, 1 in the line of its tenant and kind, 2 in none, behind another of its key.
        alter table busjobs_job add column line integer not null generated always as (
            case when behind is not null then 2 when limited or tenant is not null or serial_key is not null then 1 else 0 end) virtual;

        drop index busjobs_job_ready;
        create index busjobs_job_ready on busjobs_job (queue, lane, priority, run_at, id) where state = 1 and line = 0;
        create index busjobs_job_lines on busjobs_job (queue, lane, coalesce(tenant, ''), kind, priority, run_at, id) where state = 1 and line = 1;
        create index busjobs_job_behind on busjobs_job (behind) where behind is not null and state <= 1;
        create index busjobs_job_limited on busjobs_job (kind, tenant) where state = 2 and limited;
        create index busjobs_job_serial on busjobs_job (serial_key) where serial_key is not null and state <= 2;
        create unique index busjobs_job_serial_running on busjobs_job (serial_key) where serial_key is not null and state = 2;

        -- Whatever ends a job of a key, or takes it back, lets the one that waits for it into the line.
        create trigger busjobs_job_next after update of state on busjobs_job
        when old.serial_key is not null and old.state <= 2 and new.state <> old.state and (old.state = 2 or new.state > 2)
        begin
            update busjobs_job set behind = null
            where behind = old.id and state <= 1 and (new.state > 2 or rowid < old.rowid);
        end;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        drop trigger busjobs_job_next;
        drop index busjobs_job_ready;
        drop index busjobs_job_lines;
        drop index busjobs_job_behind;
        drop index busjobs_job_limited;
        drop index busjobs_job_serial;
        drop index busjobs_job_serial_running;
        alter table busjobs_job drop column line;
        alter table busjobs_job drop column limited;
        alter table busjobs_job drop column behind;
        alter table busjobs_job drop column serial_key;
        create index busjobs_job_ready on busjobs_job (queue, lane, priority, run_at, id) where state = 1;
        drop table busjobs_recent_starts;
        drop table busjobs_rules;
        drop table busjobs_dispatch_limit;
        drop table busjobs_pause;
        """);
}
