using System.Net;
using BusJobs.IntegrationTests.Kill;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger.Postgres;
using Npgsql;

namespace BusJobs.IntegrationTests.Topology;

/// <summary>What the roles of <c>deploy/postgres</c> may do. That they may do enough, the tests of the topology show, which run with them.</summary>
public sealed class RoleTests(PostgresFixture postgres, RabbitFixture rabbit) : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    [Fact]
    public async Task A_service_of_the_forge_reaches_its_own_tables_and_no_others()
    {
        var database = $"test_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";
        await PostgresServer.ExecuteAsync($"create database \"{database}\"");
        var logins = new Logins(rabbit.Vhost, database["test_".Length..]);
        try
        {
            await logins.MakeAsync(database);
            (string Role, string Sql, bool May)[] rights =
            [
                ("api", "select secret from hub.hook_endpoint", true),
                ("api", "insert into hub.repository (org, name, path, default_branch, required_approvals, dismiss_stale_approvals) values ('a', 'b', '/c', 'main', 1, true)", true),
                ("api", "select * from hub.hook_change", true),
                ("api", "delete from hub.hook_change", false),
                ("api", "update hub.hook_change set detail = ''", false),
                ("hooks", "select * from hub.hook_change", false),
                ("api", "update hub.mergeability set state = 'Clean'", false),
                ("api", "delete from hub.repository", false),
                ("api", "delete from forge.file", false),
                ("api", "create table hub.mine (x int)", false),
                ("api", "create table public.mine (x int)", false),
                ("merger", "select * from hub.pull_request", true),
                ("merger", "update hub.mergeability set state = 'Clean'", true),
                ("merger", "select secret from hub.hook_endpoint", false),
                ("merger", "select * from hub.busjobs_outbox", false),
                ("merger", "update hub.pull_request set is_open = false", false),
                ("hooks", "update hub.hook_endpoint set failures = 0", true),
                ("hooks", "insert into hub.hook_endpoint default values", false),
                ("hooks", "select * from hub.repository", false),
                ("backfill", "select * from hub.activity_day", true),
                ("backfill", "delete from hub.activity_day", false),
                ("backfill", "select * from forge.file", false),
                ("indexer", "delete from forge.file", true),
                ("indexer", "select * from hub.pull_request", false),
            ];
            foreach (var (role, sql, may) in rights)
            {
                Assert.True(may == await MayAsync(logins.Database(role), sql), $"{role}: {sql}");
            }
        }
        finally
        {
            NpgsqlConnection.ClearAllPools();
            await PostgresServer.ExecuteAsync($"drop database \"{database}\" with (force)");
            await logins.DropAsync();
        }
    }

    [Fact]
    public async Task The_roles_of_the_ledger_may_do_their_work_and_a_stranger_nothing()
    {
        var suffix = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("n")[^12..];
        string[] roles = [$"busjobs_coordinator_{suffix}", $"busjobs_viewer_{suffix}", $"busjobs_worker_{suffix}"];
        var sql = (await File.ReadAllTextAsync(DeployFiles.Path("postgres/ledger-roles.sql")))
            .Replace("busjobs_coordinator", roles[0], StringComparison.Ordinal).Replace("busjobs_viewer", roles[1], StringComparison.Ordinal);
        try
        {
            // A second time does no harm, and what the owner makes later is within reach as well.
            const string Later = "create table busjobs.later (x int); create function busjobs.later() returns int language sql as 'select 1';";
            await using (var command = postgres.DataSource.CreateCommand($"{sql} {sql} {Later} create role {roles[2]} login; {string.Concat(roles.Select(role => $"alter role {role} password 'x';"))}"))
            {
                await command.ExecuteNonQueryAsync();
            }

            (string Role, string Sql, bool May)[] rights =
            [
                (roles[0], "update busjobs.job set state = 1", true),
                (roles[0], "insert into busjobs.later select busjobs.later()", true),
                (roles[0], "drop table busjobs.job", false),
                (roles[0], "create table busjobs.mine (x int)", false),
                (roles[1], "select id, kind, state from busjobs.job", true),
                (roles[1], "select payload from busjobs.job", false),
                (roles[1], "select x from busjobs.later", false),
                (roles[1], "delete from busjobs.job", false),
                (roles[2], "select id from busjobs.job", false),
                (roles[2], "create table public.mine (x int)", false),
            ];
            foreach (var (role, statement, may) in rights)
            {
                var login = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Username = role, Password = "x", Pooling = false };
                Assert.True(may == await MayAsync(login.ConnectionString, statement), $"{role}: {statement}");
            }
        }
        finally
        {
            foreach (var role in roles)
            {
                await using var command = postgres.DataSource.CreateCommand($"drop owned by {role}; drop role {role}");
                await command.ExecuteNonQueryAsync();
            }
        }
    }

    [Fact]
    public async Task A_coordinator_that_may_not_bind_an_exchange_says_so_and_runs_what_is_in_the_ledger()
    {
        var user = $"poor-{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["BUSJOBS_DATABASE"] = postgres.ConnectionString,
            ["BUSJOBS_RABBITMQ"] = new UriBuilder(rabbit.Address) { UserName = user, Password = "x" }.Uri.AbsoluteUri,
        };
        await RabbitServer.ImportAsync(new
        {
            users = new[] { new { name = user, password = "x", tags = "" } },
            permissions = new[] { new { user, vhost = rabbit.Vhost, configure = "^busjobs[.:]", write = "^busjobs[.:]", read = "^busjobs[.:]" } },
        });
        var folder = Directory.CreateTempSubdirectory("busjobs-poor-");
        await using (var coordinator = FaultProcess.Start("BusJobs.Server.dll", ["--role", "coordinator", "--data", folder.FullName], environment))
        {
            // RabbitMQ 4 says which access; 3 does not.
            Assert.Matches(@"ACCESS_REFUSED - .*access to exchange 'Forge\.Indexing:ReindexSearch'", await coordinator.LineAsync("RabbitMQ refuses the queue busjobs:intake: "));
            using var http = new HttpClient { BaseAddress = await coordinator.AddressAsync() };
            await coordinator.LineAsync(" is up");
            var health = await http.GetAsync("/health/ready");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
            Assert.Contains("RabbitMQ refuses the queue", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            await RunsAJobAsync(folder.FullName);
        }

        folder.Delete(recursive: true);
        await RabbitServer.DeleteUserAsync(user);
    }

    /// <summary>A job of the ledger goes to a worker and comes back with the worker's verdict.</summary>
    private async Task RunsAJobAsync(string folder)
    {
        await using var ledger = PostgresLedger.Open(postgres.ConnectionString, TimeProvider.System);
        var job = NewJob.From("forge.reindex-search", "search", "{}", options: null, TimeProvider.System);
        await ledger.InsertAsync(job, transaction: null, CancellationToken.None);
        await using var worker = FaultProcess.Start(
            "BusJobs.Server.dll", ["--role", "worker", "--data", Path.Combine(folder, "worker")],
            new Dictionary<string, string?> { ["BUSJOBS_DATABASE"] = "", ["BUSJOBS_RABBITMQ"] = rabbit.Address.AbsoluteUri });
        await Eventually.HoldsAsync(
            async () => await ledger.FindAsync(job.Id, CancellationToken.None) is { State: LedgerState.Dead } dead && dead.Reason!.Contains("does not fit the kind", StringComparison.Ordinal),
            TimeSpan.FromSeconds(60), $"{worker}");
    }

    /// <summary>In a transaction that is rolled back. Any fault but a missing right is the test's.</summary>
    private static async Task<bool> MayAsync(string login, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(login) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        try
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync();
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.ReadOnlySqlTransaction)
        {
            return false;
        }
    }
}
