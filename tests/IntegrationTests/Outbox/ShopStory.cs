using System.Collections.Concurrent;
using BusJobs.IntegrationTests.Life;
using BusJobs.Outbox;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace BusJobs.IntegrationTests.Outbox;

/// <summary>A producer with a database of its own, beside a coordinator and a worker. On a bus in memory all are one host.</summary>
public sealed class ShopStory : IAsyncDisposable
{
    private readonly ShopFixture shop;

    private ShopStory(ShopFixture shop, JobStory jobs) => (this.shop, Jobs) = (shop, jobs);

    /// <summary>Coordinator, worker and ledger.</summary>
    public JobStory Jobs { get; }

    /// <summary>What OnRelayed told.</summary>
    public ConcurrentQueue<Guid> Relayed { get; private set; } = new();

    public OutboxHealth Health => Jobs.Hosts[^1].Services.GetRequiredService<OutboxHealth>();

    /// <param name="relay">False to begin without a relay.</param>
    public static async Task<ShopStory> StartAsync(ShopFixture shop, Stage stage, bool relay = true, Action<OutboxOptions>? options = null)
    {
        var relayed = new ConcurrentQueue<Guid>();
        var isOneHost = stage.RabbitMq is null;
        var jobs = await JobStory.StartAsync(stage, more: services => AddOutbox(services, shop, relayed, isOneHost && relay, options));
        var story = new ShopStory(shop, jobs) { Relayed = relayed };
        if (relay && !isOneHost)
        {
            await story.RelayAsync(options);
        }

        return story;
    }

    /// <summary>One more relay, in a host that does nothing else.</summary>
    public Task<IHost> RelayAsync(Action<OutboxOptions>? options = null) =>
        Jobs.JoinAsync(works: false, more: services => AddOutbox(services, shop, Relayed, relay: true, options));

    /// <summary>As the producer's own code does it: an order and its job, in one SaveChanges.</summary>
    public async Task<Guid> OrderAsync(string act, int number = 0, EnqueueOptions? options = null)
    {
        await using var scope = Jobs.Hosts[0].Services.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<ShopContext>();
        context.Orders.Add(new Order { Item = act });
        var answer = await scope.ServiceProvider.GetRequiredService<IJobClient>().EnqueueAsync(new Scene(act, number), options);
        await context.SaveChangesAsync();
        return answer.Id!.Value;
    }

    /// <summary>Many jobs in one transaction.</summary>
    /// <param name="commit">False to roll it back.</param>
    public async Task OrderManyAsync(int jobs, bool commit = true)
    {
        await using var scope = Jobs.Hosts[0].Services.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<ShopContext>();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await scope.ServiceProvider.GetRequiredService<IJobClient>().EnqueueManyAsync(Enumerable.Range(0, jobs).Select(number => new Scene("pass", number)));
        await (commit ? transaction.CommitAsync() : transaction.RollbackAsync());
    }

    /// <summary>Returns when the outbox is empty, save for rows that are parked, and every job has ended well.</summary>
    public async Task AllRunOnceAsync(int jobs, int parked = 0)
    {
        await Jobs.HoldsAsync(async () => await shop.RowsAsync() == parked, TimeSpan.FromSeconds(90));
        await Jobs.HoldsAsync(async () => (await Jobs.Ledger.CountsAsync(CancellationToken.None)).Succeeded >= jobs, TimeSpan.FromSeconds(60));
        await Jobs.AllEndAsync();
        var counts = await Jobs.Ledger.CountsAsync(CancellationToken.None);
        Assert.Equal((jobs, 0, 0), (counts.Succeeded, counts.DeadNow, counts.Stale));
        Assert.Equal(jobs, Jobs.Script.Played.Select(act => act.Job).Distinct().Count());
        Assert.Equal(jobs, Jobs.Script.Played.Count);
    }

    public ValueTask DisposeAsync() => Jobs.DisposeAsync();

    private static void AddOutbox(IServiceCollection services, ShopFixture shop, ConcurrentQueue<Guid> relayed, bool relay, Action<OutboxOptions>? more) => services
        .AddDbContext<ShopContext>(shop.Use)
        .AddBusJobsOutbox<ShopContext>(options =>
        {
            options.Relay = relay;
            (options.Patience, options.MeasureInterval) = (TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100));
            options.OnRelayed = (ids, _) =>
            {
                foreach (var id in ids)
                {
                    relayed.Enqueue(id);
                }

                return Task.CompletedTask;
            };
            more?.Invoke(options);
        });
}
