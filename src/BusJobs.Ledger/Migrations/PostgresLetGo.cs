using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

/// <summary>
/// Serial keys at a lower price. A settlement lets the next jobs of all its keys go at once, and no trigger runs for each job that
/// succeeded; jobs that run are found by the index of what runs, so that a start writes one index entry less.
/// </summary>
[DbContext(typeof(PostgresLedgerContext))]
[Migration("20261122001300_LetGo")]
internal sealed class PostgresLetGo : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        -- What it is given may hold jobs that have not ended, because their settlement came too late. Where nobody waits, that is all it
        -- looks for, and in an order that leaves no choice but the index: as a question without one it reads all jobs of a new table.
        create function busjobs.let_go(settled uuid[]) returns void language plpgsql as $$
        begin
            if (select behind from busjobs.job where behind is not null and state <= 1 order by behind limit 1) is null
                or not exists (select 1 from busjobs.job where behind = any(settled) and state <= 1) then
                return;
            end if;
            update busjobs.job j set behind = null
            where j.behind = any(settled) and j.state <= 1 and (select first.state from busjobs.job first where first.id = j.behind) > 2;
            if found and exists (select 1 from busjobs.listener) then
                perform pg_notify('busjobs', '');
            end if;
        end $$;

        drop trigger job_next on busjobs.job;
        create trigger job_next after update of state on busjobs.job for each row
            when (old.serial_key is not null and old.state <= 2 and new.state <> old.state and new.state <> 3 and (old.state = 2 or new.state > 2))
            execute function busjobs.let_next();

        drop index busjobs.job_serial;
        create index job_serial on busjobs.job (serial_key, serial_no) where serial_key is not null and state <= 1;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        drop index busjobs.job_serial;
        create index job_serial on busjobs.job (serial_key, serial_no) where serial_key is not null and state <= 2;
        drop trigger job_next on busjobs.job;
        create trigger job_next after update of state on busjobs.job for each row
            when (old.serial_key is not null and old.state <= 2 and new.state <> old.state and (old.state = 2 or new.state > 2))
            execute function busjobs.let_next();
        drop function busjobs.let_go(uuid[]);
        """);
}
