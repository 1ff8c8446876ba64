using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

/// <summary>
/// Whoever ends a job of a key looks for one behind it before it updates: an update that finds nothing opens every index of the table all
/// the same, and cost as much as the settlement itself.
/// </summary>
[DbContext(typeof(PostgresLedgerContext))]
[Migration("20261122001100_NextOfKey")]
internal sealed class PostgresNextOfKey : Migration
{
    private const string Update =
        "update busjobs.job set behind = null where behind = old.id and state <= 1 and (new.state > 2 or serial_no < old.serial_no);";

    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Function(
        $"""
            if not exists (select 1 from busjobs.job where behind = old.id and state <= 1) then
                return null;
            end if;
            {Update}
        """));

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Function(Update));

    private static string Function(string update) =>
        $"""
        create or replace function busjobs.let_next() returns trigger language plpgsql as $$
        begin
            {update}
            if found and exists (select 1 from busjobs.listener) then
                perform pg_notify('busjobs', '');
            end if;
            return null;
        end $$;
        """;
}
