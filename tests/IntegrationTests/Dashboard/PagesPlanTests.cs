using System.Net;
using BusJobs.Api.Input;
using BusJobs.IntegrationTests.Api;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.IntegrationTests.Servers;
using Npgsql;

namespace BusJobs.IntegrationTests.Dashboard;

/// <summary>What PostgreSQL makes of the dashboard's questions once it knows that the table is large.</summary>
public sealed class PagesPlanTests(PostgresLedgerFixture fixture) : IClassFixture<PostgresLedgerFixture>, IAsyncLifetime
{
    /// <summary>Jobs in every state; of those that wait, some belong to a tenant.</summary>
    private const string Fill =
        """
        insert into busjobs.job (id, kind, queue, payload, state, tenant, run_at, finished_at, reason)
        select gen_random_uuid(), 'test.job', (array['default', 'mail', 'sync'])[1 + n % 3], '{}', (array[0, 1, 3, 3, 3, 4, 5, 6])[1 + n % 8],
               case when n % 5 < 2 then 'acme' end, now(), now(), 'InvalidOperationException: no customer' from generate_series(1, 60000) n;
        with running as (update busjobs.job set state = 2, fence = 1
                         where id in (select id from busjobs.job where state = 1 and queue = 'default' and tenant is null limit 100) returning id)
        insert into busjobs.dispatch (id, queue, kind, lane, jobs, fences, count)
        select gen_random_uuid(), 'default', 'test.job', 0, array_agg(id), array_agg(1), count(*) from running;
        """;

    /// <summary>Connections of the fixture, which stay.</summary>
    private string[] others = [];

    public async Task InitializeAsync()
    {
        await using var connection = await OpenAsync();
        await using var read = new NpgsqlCommand("select array_agg(pid::text) from pg_stat_activity where datname = current_database()", connection);
        others = (string[])(await read.ExecuteScalarAsync())!;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task No_page_reads_the_whole_table()
    {
        await ExecuteAsync(Fill, "vacuum (analyze) busjobs.job");
        var jobs = await Task.WhenAll(Enum.GetValues<LedgerState>().Select(state => JobAsync((int)state)));
        var before = await WholeScansAsync();
        await using (var story = await ApiStory.StartAsync(fixture))
        {
            await VisitAsync(story, jobs);
        }

        Assert.Equal(before, await WholeScansAsync());
        await ExecuteAsync("select count(*) from busjobs.job where payload <> ''");
        Assert.NotEqual(before, await WholeScansAsync());
    }

    private static async Task VisitAsync(ApiStory story, IReadOnlyCollection<Guid> jobs)
    {
        using var visit = await Visit.BeginAsync(story);
        string[] filters =
        [
            "", .. Enum.GetValues<LedgerState>().Select(state => $"?state={state.Word}"), "?state=ready&queue=mail", "?state=ready&tenant=acme", "?kind=test.none", "?tag=none",
            "?from=2026-01-01", "?to=2026-01-01",
        ];
        string[] paths =
        [
            "/", .. filters.Select(filter => $"/jobs{filter}"), .. jobs.Select(job => $"/jobs/{job}"), "/dead", "/queues", "/workers", "/schedules", "/audit",
            "/jobs/cancel?state=ready&tenant=acme", "/jobs/redrive?state=dead", "/jobs/discard?state=dead", "/jobs/redrive?discarded=true", "/jobs?discarded=true&kind=test.none", "/api/queues", "/api/kinds", .. jobs.Select(job => $"/api/jobs/{job}/why"),
        ];
        foreach (var path in paths)
        {
            using var response = await visit.Http.GetAsync(path);
            Assert.Equal((path, HttpStatusCode.OK), (path, response.StatusCode));
        }
    }

    private async Task<Guid> JobAsync(int state) => (Guid)(await ReadAsync($"select id from busjobs.job where state = {state} limit 1"))!;

    /// <summary>How often the table was read as a whole, once all who did have told: a connection tells at the latest when it ends.</summary>
    private async Task<long> WholeScansAsync()
    {
        await Eventually.HoldsAsync(async () => await ReadAsync(
            $"select 1 from pg_stat_activity where datname = current_database() and pid not in ({string.Join(", ", others)}, pg_backend_pid()) and backend_type = 'client backend'") is null);
        return (long)(await ReadAsync("select seq_scan from pg_stat_user_tables where schemaname = 'busjobs' and relname = 'job'"))!;
    }

    private async Task<object?> ReadAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private async Task ExecuteAsync(params string[] statements)
    {
        await using var connection = await OpenAsync();
        foreach (var sql in statements)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(fixture.Database!) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
