using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

/// <summary>Ready jobs of tenants, limits and keys in one order, so that a page of them reads no more than a page of the common line.</summary>
[DbContext(typeof(SqliteLedgerContext))]
[Migration("20261122000900_Lists")]
internal sealed class SqliteLists : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        "create index busjobs_job_waiting on busjobs_job (queue, lane, priority, run_at, id) where state = 1 and line > 0;");

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop index busjobs_job_waiting;");
}
