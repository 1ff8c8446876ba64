using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

[DbContext(typeof(SqliteLedgerContext))]
[Migration(Id)]
internal sealed class SqliteApi : Migration
{
    public const string Id = "20261122000300_Api";

    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create table busjobs_api_key (
            id           text not null primary key,
            name         text not null,
            hash         blob not null,
            scopes       integer not null,
            tenant       text,
            created_at   integer not null,
            expires_at   integer,
            revoked_at   integer,
            last_used_at integer
        ) strict;
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop table busjobs_api_key;");
}
