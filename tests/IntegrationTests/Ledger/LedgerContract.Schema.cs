using BusJobs.Ledger;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.IntegrationTests.Ledger;

public abstract class SchemaContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    [Fact]
    public async Task Every_mapped_column_exists()
    {
        await using var context = Fixture.NewContext();
        await InsertAsync();

        Assert.Single(await context.Jobs.ToListAsync());
        Assert.Empty(await context.Attempts.ToListAsync());
        Assert.Empty(await context.Tallies.ToListAsync());
    }

    [Fact]
    public async Task Every_migration_of_this_build_is_applied_and_applying_them_again_at_once_is_harmless()
    {
        var id = await InsertAsync();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            await using var other = Fixture.OpenAnother();
            await other.MigrateAsync(CancellationToken.None);
        }));

        await using var context = Fixture.NewContext();
        Assert.Equal(context.Database.GetMigrations().Count(), await RowsAsync("migration"));
        Assert.Equal(LedgerState.Ready, await StateAsync(id));
    }

    [Fact]
    public async Task A_ledger_that_is_closed_and_opened_again_has_kept_all()
    {
        await using var first = Fixture.OpenAnother();
        await first.InsertManyAsync(Jobs(3), null, CancellationToken.None);
        var dispatch = Assert.Single((await first.ClaimAsync(Queue, Lane.Normal, 2, PacksOf(10), T0, CancellationToken.None)).Dispatches);
        await first.SettleAsync([Settled(dispatch, [Word(dispatch.Jobs[0], Ending.Completed)], last: false)], T0, CancellationToken.None);
        await first.DisposeAsync();

        await using var second = Fixture.OpenAnother();
        var counts = await second.CountsAsync(CancellationToken.None);
        Assert.Equal((1, 1, 1), (counts.Ready, counts.Dispatched, counts.Succeeded));
        var open = Assert.Single(await second.OpenDispatchesAsync(10, CancellationToken.None));
        Assert.Equal((dispatch.Id, dispatch.Sequence), (open.Id, open.Sequence));
        Assert.Equal(1, (await second.ReclaimAsync([open.Id], crashed: false, T0, CancellationToken.None)).Ready);
    }

    [Fact]
    public async Task A_call_that_was_cancelled_before_it_began_changes_nothing()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Ledger.InsertAsync(Job(), null, stop.Token));
        Assert.Equal(0, await RowsAsync("job"));
    }
}
