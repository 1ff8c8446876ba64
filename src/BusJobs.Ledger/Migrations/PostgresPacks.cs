using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

/// <summary>Ids are random, so that compressing those of a dispatch is in vain.</summary>
[DbContext(typeof(PostgresLedgerContext))]
[Migration("20261122000800_Packs")]
internal sealed class PostgresPacks : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        "alter table busjobs.dispatch alter column jobs set storage external, alter column fences set storage external;");

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        "alter table busjobs.dispatch alter column jobs set storage extended, alter column fences set storage extended;");
}
