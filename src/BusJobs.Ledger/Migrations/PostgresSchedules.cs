using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

[DbContext(typeof(PostgresLedgerContext))]
[Migration("20261122000400_Schedules")]
internal sealed class PostgresSchedules : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create table busjobs.schedule (
            id         text primary key,
            rule_kind  smallint not null,
            definition text not null,
            source     text,
            declared   text,
            paused     boolean not null default false,
            next_at    timestamptz,
            last_at    timestamptz,
            missed     bigint not null default 0,
            version    integer not null default 1
        );
        create index schedule_due on busjobs.schedule (next_at) where not paused and next_at is not null;

        -- At most one fire for each schedule and nominal time, whoever tries.
        create table busjobs.fire (
            schedule_id text not null,
            nominal_at  timestamptz not null,
            fired_at    timestamptz not null,
            job_id      uuid not null,
            outcome     smallint not null default 0,
            primary key (schedule_id, nominal_at)
        );
        create index fire_age on busjobs.fire (fired_at);

        create table busjobs.calendar (
            name       text primary key,
            definition text not null,
            source     text
        );

        create table busjobs.service (
            name       text primary key,
            holder     uuid not null,
            held_until timestamptz not null,
            started_at timestamptz,
            took_ms    bigint,
            did        text,
            error      text
        );

        create table busjobs.service_run (
            id         bigint primary key generated always as identity,
            service    text not null,
            started_at timestamptz not null,
            took_ms    bigint not null,
            did        text,
            error      text
        );
        create index service_run_latest on busjobs.service_run (service, started_at);
        create index service_run_age on busjobs.service_run (started_at);
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        "drop table busjobs.service_run, busjobs.service, busjobs.calendar, busjobs.fire, busjobs.schedule;");
}
