using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

/// <summary>Which job the success of which has enqueued: a table of its own, so that jobs without follow-ups pay nothing.</summary>
[DbContext(typeof(PostgresLedgerContext))]
[Migration("20261122001000_FollowUps")]
internal sealed class PostgresFollowUps : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create table busjobs.follow_up (
            job_id  uuid primary key,
            follows uuid not null
        );
        create index follow_up_of on busjobs.follow_up (follows);
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop table busjobs.follow_up;");
}
