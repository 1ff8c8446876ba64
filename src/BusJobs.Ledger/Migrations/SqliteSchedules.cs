using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

[DbContext(typeof(SqliteLedgerContext))]
[Migration("20261122000400_Schedules")]
internal sealed class SqliteSchedules : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create table busjobs_schedule (
            id         text not null primary key,
            rule_kind  integer not null,
            definition text not null,
            source     text,
            declared   text,
            paused     integer not null default 0,
            next_at    integer,
            last_at    integer,
            missed     integer not null default 0,
            version    integer not null default 1
        ) strict, without rowid;
        create index busjobs_schedule_due on busjobs_schedule (next_at) where not paused and next_at is not null;

        -- At most one fire for each schedule and nominal time, whoever tries.
        create table busjobs_fire (
            schedule_id text not null,
            nominal_at  integer not null,
            fired_at    integer not null,
            job_id      text not null,
            outcome     integer not null default 0,
            primary key (schedule_id, nominal_at)
        ) strict, without rowid;
        create index busjobs_fire_age on busjobs_fire (fired_at);

        create table busjobs_calendar (
            name       text not null primary key,
            definition text not null,
            source     text
        ) strict, without rowid;

        create table busjobs_service (
            name       text not null primary key,
            holder     text not null,
            held_until integer not null,
            started_at integer,
            took_ms    integer,
            did        text,
            error      text
        ) strict, without rowid;

        create table busjobs_service_run (
            id         integer primary key autoincrement,
            service    text not null,
            started_at integer not null,
            took_ms    integer not null,
            did        text,
            error      text
        ) strict;
        create index busjobs_service_run_latest on busjobs_service_run (service, started_at);
        create index busjobs_service_run_age on busjobs_service_run (started_at);
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        drop table busjobs_service_run;
        drop table busjobs_service;
        drop table busjobs_calendar;
        drop table busjobs_fire;
        drop table busjobs_schedule;
        """);
}
