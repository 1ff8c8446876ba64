using System.Net.Sockets;
using Npgsql;

namespace BusJobs.IntegrationTests.Servers;

/// <summary>What the other tests rely on is itself tested, or a broken fixture would look like a broken product.</summary>
public sealed class ServersTests(PostgresFixture postgres, RabbitFixture rabbit) : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    [Fact]
    public async Task A_class_has_a_database_of_its_own()
    {
        await using var command = postgres.DataSource.CreateCommand("select current_database()");
        var name = (string?)await command.ExecuteScalarAsync();

        Assert.StartsWith("test_", name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_database_is_durable_as_in_production()
    {
        await using var command = postgres.DataSource.CreateCommand(
            "select current_setting('fsync') || current_setting('synchronous_commit') || current_setting('full_page_writes')");

        Assert.Equal("ononon", await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_class_has_a_virtual_host_of_its_own_that_can_be_lost_and_made_again()
    {
        Assert.EndsWith(rabbit.Vhost, rabbit.Address.AbsolutePath, StringComparison.Ordinal);
        await rabbit.DeleteVhostAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => rabbit.PurgeQueueAsync("any"));
        await rabbit.CreateVhostAsync();
    }
}

[Collection(ServerFaults.Name)]
public sealed class ServerFaultsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory]
    [InlineData("fast")]
    [InlineData("immediate")]
    public async Task A_restart_of_PostgreSQL_cuts_the_open_connections(string mode)
    {
        await using var connection = await postgres.DataSource.OpenConnectionAsync();
        await Faults.RestartPostgresAsync(mode);
        await using var command = new NpgsqlCommand("select 1", connection);

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => command.ExecuteScalarAsync());
        await using var again = postgres.DataSource.CreateCommand("select 1");
        await Eventually.HoldsAsync(async () => await again.ExecuteScalarAsync() is 1);
    }

    [Fact]
    public async Task A_stopped_RabbitMQ_refuses_clients_and_a_started_one_takes_them()
    {
        await Faults.StopRabbitAppAsync();
        await Assert.ThrowsAnyAsync<SocketException>(ConnectAsync);
        await Faults.StartRabbitAppAsync();
        await ConnectAsync();
    }

    private static async Task ConnectAsync()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(ServerAddresses.RabbitMq.Host, ServerAddresses.RabbitMq.Port);
    }
}
