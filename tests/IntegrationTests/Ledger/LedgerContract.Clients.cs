using System.Diagnostics.Metrics;
using BusJobs.Ledger.Clients;
using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Ledger;

[JobKind("test.send-invoice", Queue = "work")]
internal sealed record SendInvoice(int Number);

/// <summary>A service's own context, which carries jobs beside its data.</summary>
internal sealed class ShopContext(DbContextOptions<ShopContext> options, bool sqlite) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Order>().ToTable("shop_order").Property(order => order.Id).ValueGeneratedNever();
        modelBuilder.AddBusJobs(sqlite);
    }
}

internal sealed class Order
{
    public int Id { get; set; }
}

public abstract class ClientContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private LedgerJobClient Direct => new(Ledger, TimeProvider.System);

    [Fact]
    public async Task A_client_of_the_host_commits_at_once_and_a_retried_id_is_a_duplicate()
    {
        var id = NewId();
        var options = new EnqueueOptions { Id = id };

        Assert.Equal(new EnqueueResult.Enqueued(id), await Direct.EnqueueAsync(new SendInvoice(1), options));
        Assert.Equal(new EnqueueResult.Duplicate(id), await Direct.EnqueueAsync(new SendInvoice(1), options));
        Assert.Equal(("""{"number":1}""", "test.send-invoice"), ((await FindAsync(id)).Payload, (await FindAsync(id)).Kind));
        var many = await Direct.EnqueueManyAsync([new SendInvoice(1), new SendInvoice(2), new SendInvoice(3)]);
        Assert.Equal(3, many.Count(answer => answer is EnqueueResult.Enqueued));
    }

    [Fact]
    public async Task A_job_within_a_transaction_goes_the_way_of_the_transaction()
    {
        await using var connection = await Fixture.ConnectAsync();
        await using (var lost = await connection.BeginTransactionAsync())
        {
            await Direct.Within(lost).EnqueueAsync(new SendInvoice(1));
            await lost.RollbackAsync();
        }

        await using var kept = await connection.BeginTransactionAsync();
        var enqueued = await Direct.Within(kept).EnqueueAsync(new SendInvoice(2));
        await kept.CommitAsync();
        Assert.Equal((1, LedgerState.Ready), (await RowsAsync("job"), await StateAsync(enqueued.Id!.Value)));
    }

    [Fact]
    public async Task What_comes_through_a_context_is_counted_when_it_is_saved_and_not_before()
    {
        // No other test enqueues into this queue.
        const string queue = "counted-by-context";
        var counted = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == "busjobs.jobs.enqueued")
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            foreach (var tag in tags)
            {
                // Other tests may have used up the names of queues.
                Interlocked.Add(ref counted, tag is { Key: "queue", Value: queue or LabelCap.Other } ? count : 0);
            }
        });
        listener.Start();
        await using var shop = await ShopAsync();
        await Client(shop).EnqueueAsync(new SendInvoice(1), new EnqueueOptions { Queue = queue });
        var before = Interlocked.Read(ref counted);
        await shop.SaveChangesAsync();
        var after = Interlocked.Read(ref counted);
        await shop.SaveChangesAsync();
        Assert.True(after >= before + 1, $"{before}, then {after}");
    }

    [Fact]
    public async Task A_job_commits_with_the_contexts_next_SaveChanges_and_can_be_claimed()
    {
        await using var shop = await ShopAsync();
        var jobs = Client(shop);
        shop.Orders.Add(new Order { Id = 1 });
        var job = await jobs.EnqueueAsync(new SendInvoice(1), new EnqueueOptions { Tags = ["a"], Timeout = TimeSpan.FromSeconds(3), Priority = 3 });
        var later = await jobs.EnqueueAsync(new SendInvoice(2), new EnqueueOptions { Delay = TimeSpan.FromHours(1) });
        Assert.Equal(0, await RowsAsync("job"));
        await shop.SaveChangesAsync();

        Assert.Equal((LedgerState.Ready, LedgerState.Scheduled), (await StateAsync(job.Id!.Value), await StateAsync(later.Id!.Value)));
        var found = await FindAsync(job.Id!.Value);
        Assert.Equal((3, (TimeSpan?)TimeSpan.FromSeconds(3), "a"), ((int)found.Priority, found.Timeout, Assert.Single(found.Tags)));
        Assert.InRange(found.RunAt, T0.AddSeconds(-5), T0.AddMinutes(5));
        Assert.Equal(1, await shop.Orders.CountAsync());
        Assert.Equal(job.Id, Assert.Single(Assert.Single(await ClaimAsync()).Jobs).Id);
    }

    [Fact]
    public async Task A_SaveChanges_that_fails_enqueues_nothing()
    {
        await using var shop = await ShopAsync();
        shop.Orders.Add(new Order { Id = 1 });
        await shop.SaveChangesAsync();
        shop.ChangeTracker.Clear();
        await Client(shop).EnqueueAsync(new SendInvoice(1));
        shop.Orders.Add(new Order { Id = 1 });

        await Assert.ThrowsAsync<DbUpdateException>(() => shop.SaveChangesAsync());
        Assert.Equal(0, await RowsAsync("job"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_job_inside_a_transaction_of_the_context_goes_its_way(bool commit)
    {
        await using var shop = await ShopAsync();
        await using var transaction = await shop.Database.BeginTransactionAsync();
        shop.Orders.Add(new Order { Id = 1 });
        await shop.SaveChangesAsync();
        await Client(shop).EnqueueAsync(new SendInvoice(1));
        await (commit ? transaction.CommitAsync() : transaction.RollbackAsync());

        Assert.Equal(commit ? 1 : 0, await RowsAsync("job"));
        Assert.Equal(commit ? 1 : 0, await shop.Orders.CountAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_enqueue_that_is_retried_with_its_id_in_a_new_context_is_a_duplicate(bool inTransaction)
    {
        var options = new EnqueueOptions { Id = NewId() };
        for (var attempt = 0; attempt < 2; attempt++)
        {
            await using var shop = await ShopAsync();
            await using var transaction = inTransaction ? await shop.Database.BeginTransactionAsync() : null;
            var result = await Client(shop).EnqueueAsync(new SendInvoice(1), options);
            Assert.Equal(attempt == 1, result is EnqueueResult.Duplicate);
            Assert.IsType<EnqueueResult.Duplicate>(await Client(shop).EnqueueAsync(new SendInvoice(1), options));
            await shop.SaveChangesAsync();
            await (transaction?.CommitAsync() ?? Task.CompletedTask);
        }

        Assert.Equal(1, await RowsAsync("job"));
    }

    [Fact]
    public async Task Every_client_checks_what_comes_in()
    {
        await using var shop = await ShopAsync();
        var bad = Job() with { Payload = "no json" };

        await Assert.ThrowsAsync<JobRefusedException>(() => Direct.EnqueueAsync(bad, CancellationToken.None));
        await Assert.ThrowsAsync<JobRefusedException>(() => Client(shop).EnqueueManyAsync([Job(), bad], CancellationToken.None));
        Assert.Empty(shop.ChangeTracker.Entries());
    }

    [Fact]
    public async Task A_scope_gives_a_client_of_its_own_context()
    {
        var services = new ServiceCollection().AddSingleton(Ledger).AddScoped(_ => Shop()).AddBusJobsClient<ShopContext>();
        await using var provider = services.BuildServiceProvider(validateScopes: true);
        await using var scope = provider.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IJobClient>().EnqueueAsync(new SendInvoice(1));

        Assert.Single(scope.ServiceProvider.GetRequiredService<ShopContext>().ChangeTracker.Entries<JobRow>());
    }

    private DbContextJobClient<ShopContext> Client(ShopContext shop) => new(shop, Ledger, TimeProvider.System);

    private ShopContext Shop()
    {
        var options = new DbContextOptionsBuilder<ShopContext>();
        Fixture.Use(options);
        return new ShopContext(options.Options, Fixture.IsSqlite);
    }

    private async Task<ShopContext> ShopAsync()
    {
        var shop = Shop();
        await shop.Database.ExecuteSqlRawAsync("create table if not exists shop_order (\"Id\" integer primary key)");
        if (await RowsAsync("job") == 0)
        {
            await shop.Orders.ExecuteDeleteAsync();
        }

        return shop;
    }
}
