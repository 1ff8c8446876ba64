using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

/// <summary>Which job the success of which has enqueued: a table of its own, so that jobs without follow-ups pay nothing.</summary>
[DbContext(typeof(SqliteLedgerContext))]
[Migration("20261122001000_FollowUps")]
internal sealed class SqliteFollowUps : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create table busjobs_follow_up (
            job_id  text not null primary key,
            follows text not null
        ) strict, without rowid;
        create index busjobs_follow_up_of on busjobs_follow_up (follows);
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop table busjobs_follow_up;");
}
