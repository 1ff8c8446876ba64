using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace BusJobs.Ledger.Migrations;

[DbContext(typeof(PostgresLedgerContext))]
[Migration("20261122000300_Api")]
internal sealed class PostgresApi : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create table busjobs.api_key (
            id           text primary key,
            name         text not null,
            hash         bytea not null,
            scopes       smallint not null,
            tenant       text,
            created_at   timestamptz not null,
            expires_at   timestamptz,
            revoked_at   timestamptz,
            last_used_at timestamptz
        );
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop table busjobs.api_key;");
}
