using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

/// <summary>Dead jobs that somebody has discarded: cancelled ones that know by whom, in an index of their own, so that they can be found and brought back.</summary>
[DbContext(typeof(SqliteLedgerContext))]
[Migration("20261122001200_Discard")]
internal sealed class SqliteDiscard : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        alter table busjobs_job add column discarded_by text;
        create index busjobs_job_discarded on busjobs_job (finished_at, id) where discarded_by is not null;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        drop index busjobs_job_discarded;
        alter table busjobs_job drop column discarded_by;
        """);
}
