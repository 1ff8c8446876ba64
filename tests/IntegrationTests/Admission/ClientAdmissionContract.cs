using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Ledger.Clients;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.IntegrationTests.Admission;

/// <summary>The door's rules through a DbContext, whose jobs commit with its data.</summary>
public abstract class ClientAdmissionContract(LedgerFixture fixture) : AdmissionContract(fixture)
{
    private static readonly EnqueueOptions Invoice1 = new() { Unique = Unique.WhileActive("invoice-1") };

    [Fact]
    public async Task A_job_with_a_key_commits_with_the_next_SaveChanges_and_is_a_duplicate_after_that()
    {
        await using var shop = await ShopAsync();
        shop.Orders.Add(new Order { Id = 1 });
        var first = await Client(shop).EnqueueAsync(new SendInvoice(1), Invoice1);
        Assert.IsType<EnqueueResult.Enqueued>(first);
        Assert.Equal(new EnqueueResult.Duplicate(first.Id!.Value), await Client(shop).EnqueueAsync(new SendInvoice(1), Invoice1));
        Assert.Equal(0, await RowsAsync("job"));
        await shop.SaveChangesAsync();

        Assert.Equal((1, 1), (await RowsAsync("job"), await shop.Orders.CountAsync()));
        Assert.Null(shop.Database.CurrentTransaction);
        Assert.Equal(new EnqueueResult.Duplicate(first.Id.Value), await Client(shop).EnqueueAsync(new SendInvoice(1), Invoice1));
        await shop.SaveChangesAsync();
        await using var other = await ShopAsync();
        Assert.IsType<EnqueueResult.Duplicate>(await Client(other).EnqueueAsync(new SendInvoice(1), Invoice1));
    }

    [Fact]
    public async Task A_SaveChanges_that_fails_takes_the_job_and_its_key_with_it()
    {
        await using (var shop = await ShopAsync())
        {
            shop.Orders.Add(new Order { Id = 1 });
            await shop.SaveChangesAsync();
            shop.ChangeTracker.Clear();
            await Client(shop).EnqueueAsync(new SendInvoice(1), Invoice1);
            shop.Orders.Add(new Order { Id = 1 });
            await Assert.ThrowsAsync<DbUpdateException>(() => shop.SaveChangesAsync());
            Assert.Null(shop.Database.CurrentTransaction);
        }

        Assert.Equal(0, await RowsAsync("job"));
        Assert.IsType<EnqueueResult.Enqueued>(await new LedgerJobClient(Ledger, TimeProvider.System).EnqueueAsync(new SendInvoice(1), Invoice1));
    }

    [Fact]
    public async Task A_context_that_is_never_saved_leaves_nothing()
    {
        await using (var shop = await ShopAsync())
        {
            await Client(shop).EnqueueAsync(new SendInvoice(1), Invoice1);
        }

        Assert.Equal(0, await RowsAsync("job"));
    }

    [Fact]
    public async Task A_transaction_that_the_caller_ended_is_left_alone()
    {
        await using var shop = await ShopAsync();
        await Client(shop).EnqueueAsync(new SendInvoice(1), Invoice1);
        await shop.Database.CommitTransactionAsync();
        shop.Orders.Add(new Order { Id = 1 });
        await shop.SaveChangesAsync();

        Assert.Equal((1, 1), (await RowsAsync("job"), await shop.Orders.CountAsync()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Limits_hold_with_and_without_a_transaction_of_the_context(bool inTransaction)
    {
        await using var door = Fixture.OpenAnother();
        await door.SetDoorLimitAsync(DoorLimit.PerMinute("test.send-invoice", 1), declared: false, CancellationToken.None);
        await using var shop = await ShopAsync();
        await using var transaction = inTransaction ? await shop.Database.BeginTransactionAsync() : null;
        var jobs = new DbContextJobClient<ShopContext>(shop, door, TimeProvider.System);
        var answers = await jobs.EnqueueManyAsync([new SendInvoice(1), new SendInvoice(2)]);
        await shop.SaveChangesAsync();
        await (transaction?.CommitAsync() ?? Task.CompletedTask);

        Assert.IsType<EnqueueResult.Enqueued>(answers[0]);
        Assert.IsType<EnqueueResult.RateLimited>(answers[1]);
        Assert.Equal(1, await RowsAsync("job"));
    }

    [Fact]
    public async Task A_greatest_age_goes_with_the_row()
    {
        await using var shop = await ShopAsync();
        var job = await Client(shop).EnqueueAsync(new SendInvoice(1), new EnqueueOptions { MaxAge = TimeSpan.FromHours(1), Delay = TimeSpan.FromHours(1) });
        await shop.SaveChangesAsync();

        Assert.Equal((await FindAsync(job.Id!.Value)).RunAt.AddHours(1), (await FindAsync(job.Id.Value)).ExpiresAt);
    }

    [Fact]
    public async Task A_kind_is_bumped_through_any_client()
    {
        await using var shop = await ShopAsync();
        await new LedgerJobClient(Ledger, TimeProvider.System).EnqueueAsync(new SendInvoice(1), Invoice1);
        await Client(shop).BumpGenerationAsync("test.send-invoice", CancellationToken.None);

        Assert.IsType<EnqueueResult.Enqueued>(await new LedgerJobClient(Ledger, TimeProvider.System).EnqueueAsync(new SendInvoice(1), Invoice1));
    }

    private DbContextJobClient<ShopContext> Client(ShopContext shop) => new(shop, Ledger, TimeProvider.System);

    private async Task<ShopContext> ShopAsync()
    {
        var options = new DbContextOptionsBuilder<ShopContext>();
        Fixture.Use(options);
        var shop = new ShopContext(options.Options, Fixture.IsSqlite);
        await shop.Database.ExecuteSqlRawAsync("create table if not exists shop_order (\"Id\" integer primary key)");
        if (await RowsAsync("job") == 0)
        {
            await shop.Orders.ExecuteDeleteAsync();
        }

        return shop;
    }
}
