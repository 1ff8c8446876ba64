using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

[DbContext(typeof(PostgresLedgerContext))]
[Migration("20261122000100_Admission")]
internal sealed class PostgresAdmission : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        alter table busjobs.job
            add column unique_key     text,
            add column key_generation integer,
            add column waits_for_key  boolean not null default false,
            add column expires_at     timestamptz;

        -- At most one job that waits or runs has a key, and at most one more waits for it to end.
        create unique index job_key_held on busjobs.job (kind, unique_key, key_generation)
            where unique_key is not null and not waits_for_key and state in (0, 1, 2);
        create unique index job_key_waiting on busjobs.job (kind, unique_key, key_generation) where waits_for_key and state = 0;

        drop index busjobs.job_scheduled;
        create index job_scheduled on busjobs.job (run_at) where state = 0 and not waits_for_key;
        create index job_expiring on busjobs.job (expires_at) where expires_at is not null and state in (0, 1);

        alter table busjobs.tally add column expired bigint not null default 0;

        -- Keys that are held for a time: those of unique jobs, and those held without a job.
        create table busjobs.held_key (
            scope      text not null,
            key        text not null,
            generation integer not null,
            job_id     uuid,
            expires_at timestamptz not null,
            primary key (scope, key)
        ) with (autovacuum_vacuum_scale_factor = 0.05);
        create index held_key_expiry on busjobs.held_key (expires_at);

        -- Keys of an older generation are free.
        create table busjobs.key_generation (
            scope      text primary key,
            generation integer not null
        );

        create function busjobs.generation_of(text) returns integer language sql stable as $$
            select coalesce((select generation from busjobs.key_generation where scope = $1), 0)
        $$;

        create table busjobs.door_limit (
            rule     smallint not null,
            name     text not null,
            tenant   text not null default '',
            jobs     integer,
            declared boolean not null,
            primary key (rule, name, tenant)
        );

        -- What each tenant was granted in the last minute: a JSON array of [time in ms, count].
        create table busjobs.door_minute (
            kind   text not null,
            tenant text not null,
            grants text not null default '[]',
            until  timestamptz not null default now(),
            primary key (kind, tenant)
        ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
        create index door_minute_until on busjobs.door_minute (until);
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        drop function busjobs.generation_of;
        drop table busjobs.door_minute, busjobs.door_limit, busjobs.key_generation, busjobs.held_key;
        alter table busjobs.tally drop column expired;
        drop index busjobs.job_key_held, busjobs.job_key_waiting, busjobs.job_expiring, busjobs.job_scheduled;
        create index job_scheduled on busjobs.job (run_at) where state = 0;
        alter table busjobs.job drop column unique_key, drop column key_generation, drop column waits_for_key, drop column expires_at;
        """);
}
