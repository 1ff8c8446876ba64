using BusJobs.Bus;
using BusJobs.Outbox;
using BusJobs.Outbox.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BusJobs.IntegrationTests.Outbox;

/// <summary>What every implementation of <see cref="IOutboxTable"/>, and the client that fills it, must do.</summary>
public abstract class OutboxTableContract(ShopFixture shop) : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly JobBus bus = new(Options.Create(new BusOptions()), NullLoggerFactory.Instance, TimeProvider.System);
    private IOutboxTable table = null!;

    /// <summary>A moment after every row of the test, whatever the clocks of machine and database.</summary>
    private DateTimeOffset Later { get; } = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds());

    public async Task InitializeAsync()
    {
        await shop.EmptyAsync();
        table = shop.OpenTable();
        Assert.True(await table.PrepareAsync(None));
    }

    public async Task DisposeAsync()
    {
        await table.DisposeAsync();
        await bus.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_transaction_a_job_commits_with_the_next_SaveChanges_and_not_before()
    {
        await using var context = shop.NewContext();
        context.Orders.Add(new Order { Item = "book" });
        Assert.IsType<EnqueueResult.Enqueued>(await Client(context).EnqueueAsync(new Paid("book")));
        Assert.Equal(0, await shop.RowsAsync());
        await context.SaveChangesAsync();
        Assert.Equal(1, await shop.RowsAsync());
        Assert.Equal(1, await shop.ReadAsync<int>("""select count(*) from "Orders" """));
    }

    [Fact]
    public async Task Within_a_transaction_jobs_need_no_SaveChanges_and_commit_with_it()
    {
        await using var context = shop.NewContext();
        await using (var transaction = await context.Database.BeginTransactionAsync())
        {
            await Client(context).EnqueueManyAsync(Enumerable.Range(0, 1_201).Select(i => new Paid($"book {i}")));
            await transaction.CommitAsync();
        }

        Assert.Equal(1_201, await shop.RowsAsync());
        var items = (await table.ClaimAsync(5_000, Lease, Later, None)).Select(row => OutboxJson.Read(row.Job).Payload);
        Assert.Equal(Enumerable.Range(0, 1_201).Select(i => $$"""{"item":"book {{i}}"}"""), items);
    }

    [Fact]
    public async Task What_is_rolled_back_was_never_there()
    {
        await using var context = shop.NewContext();
        await using (var transaction = await context.Database.BeginTransactionAsync())
        {
            await Client(context).EnqueueAsync(new Paid("book"));
            await transaction.RollbackAsync();
        }

        Assert.Equal(0, await shop.RowsAsync());
    }

    [Fact]
    public async Task A_job_comes_out_as_it_went_in()
    {
        var job = NewJob.From("test.paid", "mail", """{ "item" : "Bücher \u00e4 {0}",  "n": 1.50 }""", new EnqueueOptions
        {
            Priority = 3, Delay = TimeSpan.FromMinutes(5), MaxAttempts = 4, Timeout = TimeSpan.FromSeconds(9), Tenant = "acme", Tags = ["a", "b"],
        }, TimeProvider.System);
        await using var context = shop.NewContext();
        await Client(context).EnqueueAsync(job, None);
        await context.SaveChangesAsync();
        var row = Assert.Single(await ClaimAsync());
        Assert.Equivalent(job, OutboxJson.Read(row.Job), strict: true);
        Assert.InRange(row.Age, TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(70));
    }

    [Fact]
    public async Task A_claimed_row_is_nobody_elses_until_its_lease_is_over()
    {
        await AddAsync(3);
        Assert.Equal([1, 1], (await ClaimAsync(2)).Select(row => row.Tries));
        Assert.Single(await ClaimAsync());
        Assert.Empty(await table.ClaimAsync(10, Lease, Later + Lease - TimeSpan.FromMilliseconds(1), None));
        Assert.Equal(Lease, await table.NextDueAsync(Later, None));
        Assert.Equal(TimeSpan.Zero, await table.NextDueAsync(Later + Lease, None));
        Assert.Equal([2, 2, 2], (await table.ClaimAsync(10, Lease, Later + Lease, None)).Select(row => row.Tries));
    }

    [Fact]
    public async Task Relays_that_claim_at_once_share_the_rows_and_none_is_taken_twice()
    {
        await AddAsync(400);
        await using var other = shop.OpenTable();
        var claims = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => (i % 2 == 0 ? table : other).ClaimAsync(25, Lease, Later, None))));
        var positions = claims.SelectMany(rows => rows).Select(row => row.Position).ToList();
        Assert.Equal(400, positions.Count);
        Assert.Equal(400, positions.Distinct().Count());
    }

    [Fact]
    public async Task Rows_are_deleted_by_the_set_and_those_that_are_gone_do_not_matter()
    {
        await AddAsync(5);
        var rows = await ClaimAsync();
        await table.DeleteAsync([.. rows.Take(3).Select(row => row.Position)], None);
        await table.DeleteAsync([.. rows.Take(4).Select(row => row.Position)], None);
        Assert.Equal(1, await shop.RowsAsync());
    }

    [Fact]
    public async Task A_row_that_is_put_back_is_due_after_its_delay_with_its_reason_and_delays_no_other()
    {
        await AddAsync(3);
        var rows = await ClaimAsync();
        await table.PutBackAsync([new PutBack(rows[0].Position, Hour, "it's broken"), new PutBack(rows[1].Position, TimeSpan.FromSeconds(1), Reason: null)], Later, None);
        Assert.Equal("it's broken", await shop.ReadAsync<string>("select reason from busjobs_outbox where reason is not null"));
        var second = Assert.Single(await table.ClaimAsync(10, Hour, Later + TimeSpan.FromSeconds(1), None));
        Assert.Equal(rows[1].Position, second.Position);
        Assert.Equal(3, (await table.ClaimAsync(10, Lease, Later + Hour + Hour, None)).Count);
    }

    [Fact]
    public async Task The_backlog_is_counted_and_its_oldest_row_has_an_age()
    {
        Assert.Equal(new OutboxBacklog(0, TimeSpan.Zero), await table.MeasureAsync(Later, None));
        await AddAsync(7);
        var backlog = await table.MeasureAsync(Later, None);
        Assert.Equal(7, backlog.Rows);
        Assert.InRange(backlog.OldestAge, TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(70));
    }

    [Fact]
    public async Task A_commit_of_any_connection_wakes_a_relay_that_sleeps()
    {
        Assert.Empty(await table.ClaimAsync(10, Lease, now: null, None));
        var woken = table.WaitAsync(TimeSpan.FromMinutes(5), None);
        await shop.ExecuteAsync("insert into busjobs_outbox (job) values ('anything')");
        await woken.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Single(await table.ClaimAsync(10, Lease, now: null, None));
    }

    [Fact]
    public async Task A_context_that_does_not_map_the_outbox_is_told_so_in_a_sentence()
    {
        var options = new DbContextOptionsBuilder<ForgetfulContext>();
        shop.Use(options);
        await using var context = new ForgetfulContext(options.Options);
        var client = new OutboxJobClient<ForgetfulContext>(context, bus, TimeProvider.System);
        var refusal = await Assert.ThrowsAsync<JobRefusedException>(() => client.EnqueueAsync(new Paid("book")));
        Assert.Contains("'ForgetfulContext' is refused: expected a context that calls modelBuilder.AddBusJobsOutbox()", refusal.Message, StringComparison.Ordinal);
    }

    private OutboxJobClient<ShopContext> Client(ShopContext context) => new(context, bus, TimeProvider.System);

    private async Task AddAsync(int jobs)
    {
        await using var context = shop.NewContext();
        await Client(context).EnqueueManyAsync(Enumerable.Range(0, jobs).Select(i => new Paid($"{i}")));
        await context.SaveChangesAsync();
    }

    private Task<IReadOnlyList<OutboxEntry>> ClaimAsync(int limit = 1_000) => table.ClaimAsync(limit, Lease, Later, None);
}

[JobKind("test.paid")]
public sealed record Paid(string Item);

public sealed class SqliteOutboxTable(SqliteShop shop) : OutboxTableContract(shop), IClassFixture<SqliteShop>;

public sealed class PostgresOutboxTable(PostgresShop shop) : OutboxTableContract(shop), IClassFixture<PostgresShop>;
