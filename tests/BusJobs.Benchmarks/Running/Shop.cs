using System.Collections.Concurrent;
using BusJobs.Benchmarks.Servers;
using BusJobs.Outbox;
using BusJobs.Outbox.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Benchmarks.Running;

/// <summary>A producer's context with nothing but its outbox.</summary>
internal sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddBusJobsOutbox();
}

/// <summary>A producer's database, and when its jobs committed and were relayed.</summary>
internal sealed class Shop(OwnDatabase database)
{
    private static readonly TimeProvider Clock = TimeProvider.System;
    private readonly ConcurrentDictionary<Guid, long> committing = new();
    private readonly ConcurrentQueue<double> lags = new();
    private TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int expected;
    private int relayed;

    public long FirstAt { get; private set; }
    public long LastAt { get; private set; }

    public IReadOnlyCollection<double> LagsMs => lags;

    public static async Task<Shop> CreateAsync(OwnDatabase database, CancellationToken cancellationToken)
    {
        await using var context = new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseNpgsql(database.ConnectionString).Options);
        await context.GetService<IRelationalDatabaseCreator>().CreateTablesAsync(cancellationToken);
        return new Shop(database);
    }

    /// <summary>What a host needs to relay this shop's jobs.</summary>
    public void AddRelay(IServiceCollection services) => services
        .AddDbContext<ShopContext>(options => options.UseNpgsql(database.ConnectionString))
        .AddBusJobsOutbox<ShopContext>(options => options.OnRelayed = (ids, _) => Note(ids));

    public void Expect(int jobs) => (expected, relayed, all) = (jobs, 0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    public Task AllAsync(CancellationToken cancellationToken) => all.Task.WaitAsync(TimeSpan.FromMinutes(2), cancellationToken);

    /// <summary>A backlog, as a relay finds it that was away.</summary>
    public async Task FillAsync(int jobs, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var copy = await connection.BeginBinaryImportAsync($"copy {OutboxModel.Table} (job) from stdin (format binary)", cancellationToken);
        for (var number = 0; number < jobs; number++)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(OutboxJson.Write(NewJob.From(new Noop(number), options: null, Clock)), NpgsqlDbType.Text, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    /// <summary>One job in a transaction of its own, on a connection that knows no relay.</summary>
    public async Task CommitAsync(NpgsqlDataSource source, int number, CancellationToken cancellationToken)
    {
        var job = NewJob.From(new Noop(number), options: null, Clock);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var insert = new NpgsqlCommand($"insert into {OutboxModel.Table} (job) values ($1)", connection);
        insert.Parameters.Add(new NpgsqlParameter { Value = OutboxJson.Write(job) });
        await insert.ExecuteNonQueryAsync(cancellationToken);
        committing[job.Id] = Clock.GetTimestamp();
        await transaction.CommitAsync(cancellationToken);
    }

    private Task Note(IReadOnlyList<Guid> ids)
    {
        LastAt = Clock.GetTimestamp();
        FirstAt = relayed == 0 ? LastAt : FirstAt;
        foreach (var id in ids)
        {
            if (committing.TryRemove(id, out var at))
            {
                lags.Enqueue(Clock.GetElapsedTime(at, LastAt).TotalMilliseconds);
            }
        }

        relayed += ids.Count;
        if (relayed >= expected)
        {
            all.TrySetResult();
        }

        return Task.CompletedTask;
    }
}
