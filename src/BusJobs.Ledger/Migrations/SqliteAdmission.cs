using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

[DbContext(typeof(SqliteLedgerContext))]
[Migration("20261122000100_Admission")]
internal sealed class SqliteAdmission : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        alter table busjobs_job add column unique_key text;
        alter table busjobs_job add column key_generation integer;
        alter table busjobs_job add column waits_for_key integer not null default 0;
        alter table busjobs_job add column expires_at integer;

        -- At most one job that waits or runs has a key, and at most one more waits for it to end.
        create unique index busjobs_job_key_held on busjobs_job (kind, unique_key, key_generation)
            where unique_key is not null and not waits_for_key and state in (0, 1, 2);
        create unique index busjobs_job_key_waiting on busjobs_job (kind, unique_key, key_generation) where waits_for_key and state = 0;

        drop index busjobs_job_scheduled;
        create index busjobs_job_scheduled on busjobs_job (run_at) where state = 0 and not waits_for_key;
        create index busjobs_job_expiring on busjobs_job (expires_at) where expires_at is not null and state in (0, 1);

        alter table busjobs_tally add column expired integer not null default 0;

        -- Keys that are held for a time: those of unique jobs, and those held without a job.
        create table busjobs_held_key (
            scope      text not null,
            key        text not null,
            generation integer not null,
            job_id     text,
            expires_at integer not null,
            primary key (scope, key)
        ) strict, without rowid;
        create index busjobs_held_key_expiry on busjobs_held_key (expires_at);

        -- Keys of an older generation are free.
        create table busjobs_key_generation (
            scope      text not null primary key,
            generation integer not null
        ) strict, without rowid;

        create table busjobs_door_limit (
            rule     integer not null,
            name     text not null,
            tenant   text not null default '',
            jobs     integer,
            declared integer not null,
            primary key (rule, name, tenant)
        ) strict, without rowid;

        -- What each tenant was granted in the last minute: a JSON array of [time in ms, count].
        create table busjobs_door_minute (
            kind   text not null,
            tenant text not null,
            grants text not null default '[]',
            until  integer not null default 0,
            primary key (kind, tenant)
        ) strict, without rowid;
        create index busjobs_door_minute_until on busjobs_door_minute (until);
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        drop table busjobs_door_minute;
        drop table busjobs_door_limit;
        drop table busjobs_key_generation;
        drop table busjobs_held_key;
        alter table busjobs_tally drop column expired;
        drop index busjobs_job_key_held;
        drop index busjobs_job_key_waiting;
        drop index busjobs_job_expiring;
        drop index busjobs_job_scheduled;
        create index busjobs_job_scheduled on busjobs_job (run_at) where state = 0;
        alter table busjobs_job drop column unique_key;
        alter table busjobs_job drop column key_generation;
        alter table busjobs_job drop column waits_for_key;
        alter table busjobs_job drop column expires_at;
        """);
}
