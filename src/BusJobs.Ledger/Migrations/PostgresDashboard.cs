using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

[DbContext(typeof(PostgresLedgerContext))]
[Migration("20261122000600_Dashboard")]
internal sealed class PostgresDashboard : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create table busjobs.audit (
            id     bigint primary key generated always as identity,
            at     timestamptz not null,
            who    text not null,
            what   text not null,
            target text not null,
            detail text,
            result text not null
        );
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop table busjobs.audit;");
}
