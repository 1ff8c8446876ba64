using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

/// <summary>Pauses, limits, shares between tenants, and keys whose jobs run one at a time.</summary>
[DbContext(typeof(PostgresLedgerContext))]
[Migration("20261122000200_Limits")]
internal sealed class PostgresLimits : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create table busjobs.pause (
            scope     smallint not null,
            name      text not null,
            paused_by text not null,
            reason    text,
            paused_at timestamptz not null default now(),
            primary key (scope, name)
        );

        create table busjobs.dispatch_limit (
            scope       smallint not null,
            name        text not null,
            max_running integer,
            max_starts  integer,
            period_ms   bigint,
            weight      integer,
            declared    text,
            primary key (scope, name)
        );

        -- One row: changes with each change of a pause or a limit, so that whoever remembers them knows when to read them again. A claim
        -- that counts holds it, so that two never count the same places.
        create table busjobs.rules (
            one   boolean primary key default true check (one),
            stamp uuid not null
        );
        insert into busjobs.rules (stamp) values (gen_random_uuid());

        -- What started lately, of kinds and tenants with a rate.
        create table busjobs.recent_starts (
            scope      smallint not null,
            name       text not null,
            starts     text not null,
            forget_at  timestamptz not null,
            primary key (scope, name)
        ) with (fillfactor = 50);

        create sequence busjobs.serial_no cache 1;

        alter table busjobs.job
            add column serial_key text,
            add column serial_no bigint,
            add column behind uuid,
            add column limited boolean not null default false;
        -- Where a ready job stands: 0 in the queue's common line, 1 in the line of its tenant and kind, 2 in none, behind another of its key.
        alter table busjobs.job
            add column line smallint not null generated always as (
                case when behind is not null then 2 when limited or tenant is not null or serial_key is not null then 1 else 0 end) stored;
        -- Set after the rows were written, so that old rows have none.
        alter table busjobs.job alter column serial_no set default nextval('busjobs.serial_no');

        drop index busjobs.job_ready;
        create index job_ready on busjobs.job (queue, lane, priority, run_at, id) where state = 1 and line = 0;
        create index job_lines on busjobs.job (queue, lane, (coalesce(tenant, '')), kind, priority, run_at, id) where state = 1 and line = 1;
        create index job_behind on busjobs.job (behind) where behind is not null and state <= 1;
        create index job_limited on busjobs.job (kind, tenant) where state = 2 and limited;
        create index job_serial on busjobs.job (serial_key, serial_no) where serial_key is not null and state <= 2;
        create unique index job_serial_running on busjobs.job (serial_key) where serial_key is not null and state = 2;

        -- Whatever ends a job of a key, or takes it back, lets the one that waits for it into the line.
        create function busjobs.let_next() returns trigger language plpgsql as $$
        begin
            update busjobs.job set behind = null
            where behind = old.id and state <= 1 and (new.state > 2 or serial_no < old.serial_no);
            if found and exists (select 1 from busjobs.listener) then
                perform pg_notify('busjobs', '');
            end if;
            return null;
        end $$;

        create trigger job_next after update of state on busjobs.job for each row
            when (old.serial_key is not null and old.state <= 2 and new.state <> old.state and (old.state = 2 or new.state > 2))
            execute function busjobs.let_next();
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        drop trigger job_next on busjobs.job;
        drop function busjobs.let_next();
        drop index busjobs.job_ready;
        alter table busjobs.job drop column line, drop column limited, drop column behind, drop column serial_no, drop column serial_key;
        create index job_ready on busjobs.job (queue, lane, priority, run_at, id) where state = 1;
        drop sequence busjobs.serial_no;
        drop table busjobs.recent_starts;
        drop table busjobs.rules;
        drop table busjobs.dispatch_limit;
        drop table busjobs.pause;
        """);
}
