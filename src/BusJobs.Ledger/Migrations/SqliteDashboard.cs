using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

[DbContext(typeof(SqliteLedgerContext))]
[Migration(Id)]
internal sealed class SqliteDashboard : Migration
{
    public const string Id = "20261122000600_Dashboard";

    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create table busjobs_audit (
            id     integer primary key autoincrement,
            at     integer not null,
            who    text not null,
            what   text not null,
            target text not null,
            detail text,
            result text not null
        ) strict;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop table busjobs_audit;");
}
