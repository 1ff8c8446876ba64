using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

/// <summary>The latest report on how much work there is, for every process that tells metrics.</summary>
[DbContext(typeof(SqliteLedgerContext))]
[Migration("20261122000700_Reports")]
internal sealed class SqliteReports : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create table busjobs_report (
            one         integer not null primary key check (one = 1),
            reported_at integer not null,
            report      text not null
        ) strict;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop table busjobs_report;");
}
