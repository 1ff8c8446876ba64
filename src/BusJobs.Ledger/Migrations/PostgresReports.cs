using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

/// <summary>The latest report on how much work there is, for every process that tells metrics.</summary>
[DbContext(typeof(PostgresLedgerContext))]
[Migration("20261122000700_Reports")]
internal sealed class PostgresReports : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create table busjobs.report (
            one         boolean primary key default true check (one),
            reported_at timestamptz not null,
            report      text not null
        ) with (fillfactor = 50);
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop table busjobs.report;");
}
