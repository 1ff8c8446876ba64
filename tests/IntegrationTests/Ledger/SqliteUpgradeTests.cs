using Microsoft.EntityFrameworkCore;

namespace BusJobs.IntegrationTests.Ledger;

public sealed class SqliteUpgradeTests(SqliteLedgerFixture fixture) : IClassFixture<SqliteLedgerFixture>
{
    [Fact]
    public async Task A_migration_that_landed_late_is_applied_though_it_is_older_than_the_newest()
    {
        var job = NewJob.From("test.job", "default", "1", options: null, TimeProvider.System);
        await fixture.Ledger.InsertAsync(job, transaction: null, CancellationToken.None);
        await fixture.ExecuteAsync("drop table busjobs_audit; delete from busjobs_migration where MigrationId like '%_Dashboard'");

        await using var opened = fixture.OpenAnother();
        await opened.MigrateAsync(CancellationToken.None);
        await using var context = fixture.NewContext();
        Assert.Equal(0, await context.Database.SqlQuery<int>($"select count(*) as Value from busjobs_audit").SingleAsync());
        await using var table = await fixture.ConnectAsync();
        await using var count = table.CreateCommand();
        count.CommandText = "select count(*) from busjobs_migration";
        Assert.Equal((long)context.Database.GetMigrations().Count(), await count.ExecuteScalarAsync());
        Assert.Equal(LedgerState.Ready, (await opened.FindAsync(job.Id, CancellationToken.None))!.State);
    }

    [Fact]
    public async Task A_file_that_a_newer_build_has_migrated_is_opened_as_it_is()
    {
        await fixture.ExecuteAsync("insert into busjobs_migration values ('29991231000000_Tomorrow', '99')");
        await using var opened = fixture.OpenAnother();
        await opened.MigrateAsync(CancellationToken.None);
        Assert.Equal(0, (await opened.CountsAsync(CancellationToken.None)).DeadNow);
    }
}
