using BusJobs.FaultServer;
using BusJobs.IntegrationTests.Servers;
using Npgsql;

namespace BusJobs.IntegrationTests.Kill;

/// <summary>The caller's connection breaks in its COMMIT, so that it cannot know whether its job and its own row are there.</summary>
public sealed class CommitInDoubtTests(PostgresFixture postgres, RabbitFixture rabbit)
    : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    [Theory]
    [InlineData(Cut.BeforeCommit, false)]
    [InlineData(Cut.BeforeAnswer, true)]
    public async Task Job_and_row_are_both_there_or_both_not_and_a_retry_with_the_same_id_makes_one_job_that_runs_once(Cut cut, bool committed)
    {
        // A lease that no busy machine overruns: a worker that loses it runs its jobs again, and this is not about that.
        await using var stage = await FaultStage.OnServersAsync(postgres, rabbit, lease: TimeSpan.FromSeconds(30));
        stage.Start("all");
        await ExecuteAsync("create table if not exists business (id uuid primary key)");
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());

        var direct = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
        await using (var cutter = new CommitCutter(direct.Host!, direct.Port, cut))
        {
            var cuttable = new NpgsqlConnectionStringBuilder(postgres.ConnectionString)
            {
                Host = "127.0.0.1", Port = cutter.Port, Pooling = false, SslMode = SslMode.Disable, GssEncryptionMode = GssEncryptionMode.Disable,
            };
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => CommitAsync(stage, id, cuttable.ConnectionString));
            Assert.True(cutter.HasCut);
        }

        // The server ends a session whose client is gone at its own time.
        await Eventually.HoldsAsync(async () => await CountAsync("pg_stat_activity where state like 'idle in transaction%' and datname = current_database()") == 0);
        Assert.Equal(committed ? 1 : 0, await CountAsync($"business where id = '{id}'"));
        Assert.Equal(committed, await stage.Ledger.FindAsync(id, CancellationToken.None) is not null);

        await CommitAsync(stage, id, postgres.ConnectionString);
        await stage.AllEndAsync();
        Assert.Equal(LedgerState.Succeeded, (await stage.FindAsync(id)).State);
        Assert.Equal(1, await CountAsync($"business where id = '{id}'"));
        Assert.Equal(1, await CountAsync($"busjobs.job where id = '{id}'"));
        Assert.Equal(id, Assert.Single(stage.Runs()).Job);
    }

    /// <summary>What a careful caller does, and does again when it is in doubt.</summary>
    private static async Task CommitAsync(FaultStage stage, Guid id, string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand("insert into business (id) values ($1) on conflict do nothing", connection, transaction);
        insert.Parameters.Add(new NpgsqlParameter { Value = id });
        await insert.ExecuteNonQueryAsync();
        await stage.Jobs.Within(transaction).EnqueueAsync(new Count(0), new EnqueueOptions { Id = id });
        await transaction.CommitAsync();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = postgres.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<long> CountAsync(string what)
    {
        await using var command = postgres.DataSource.CreateCommand($"select count(*) from {what}");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
