using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>A ledger of an older build, with jobs in it, that a newer one opens.</summary>
public sealed class PostgresUpgradeTests : IAsyncLifetime
{
    private const string Before = "20261122001300_LetGo";
    private const string Columns = "20261123000000_Columns";
    private const string Stage = "20261129000000_Stage";

    private const string Jobs =
        """
        insert into busjobs.job (id, kind, queue, payload, state, tenant, serial_key, serial_no, behind, crashes, limited, unique_key, key_generation, waits_for_key, discarded_by)
        select lpad(n::text, 32, '0')::uuid, 'test.job', 'q' || n % 3, format('{"n":%s}', n), n % 6, case n % 2 when 0 then 'acme' end,
            case when n % 5 = 0 and n % 6 <> 2 then 'key' end, n, case n % 10 when 0 then lpad('5', 32, '0')::uuid end, n % 4, n % 7 = 0,
            case n % 6 when 0 then 'u' || n end, 1, n % 6 = 0, case n % 6 when 5 then 'ann' end
        from generate_series(1, 600) n
        """;

    // All that was there before, as text, whatever the order of its columns.
    private const string Rows = "select string_agg((select string_agg(v.key || '=' || coalesce(v.value, '-'), ' ' order by v.key) from jsonb_each_text(to_jsonb(j)) v), e'\\n' order by id) from busjobs.job j";

    private const string Definitions =
        """
        select string_agg(line, e'\n' order by line) from (
            select pg_get_indexdef(indexrelid) as line from pg_index where indrelid = 'busjobs.job'::regclass
            union all select pg_get_triggerdef(oid) from pg_trigger where tgrelid = 'busjobs.job'::regclass
            union all select concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attgenerated, pg_get_expr(adbin, adrelid))
                from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum where attrelid = 'busjobs.job'::regclass and attnum > 0 and not attisdropped
            union all select unnest(reloptions) from pg_class where oid = 'busjobs.job'::regclass) as lines
        """;

    private const string Names =
        """
        select string_agg(line, ' ' order by line) from (
            select indexrelid::regclass::text as line from pg_index where indrelid = 'busjobs.job'::regclass
            union all select tgname from pg_trigger where tgrelid = 'busjobs.job'::regclass) as lines
        """;

    private const string Grants =
        """
        select string_agg(line, e'\n' order by line) from (
            select concat_ws(' ', grantee, privilege_type, is_grantable) as line from information_schema.role_table_grants where table_name = 'job'
            union select concat_ws(' ', grantee, privilege_type, is_grantable, column_name) from information_schema.role_column_grants where table_name = 'job') as lines
        """;

    private readonly string name = $"test_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}";

    private string Role => name + "_viewer";

    public async Task InitializeAsync()
    {
        await PostgresServer.ExecuteAsync($"create database \"{name}\"");
        await PostgresServer.ExecuteAsync($"create role \"{Role}\"");
        await UpgradeAsync(Before);
    }

    public async Task DisposeAsync()
    {
        await PostgresServer.ExecuteAsync($"drop database \"{name}\" with (force)");
        await PostgresServer.ExecuteAsync($"drop role \"{Role}\"");
    }

    [Fact]
    public async Task A_table_that_is_written_anew_keeps_its_rows_indexes_triggers_and_grants()
    {
        await ExecuteAsync(Jobs);
        await ExecuteAsync($"grant select, insert on busjobs.job to \"{Role}\"; grant update (reason) on busjobs.job to \"{Role}\" with grant option; grant select (id) on busjobs.job to public");
        var before = await AllAsync();
        await UpgradeAsync(Columns);

        Assert.Equal(before, await AllAsync());
        Assert.Contains($"{Role} UPDATE YES reason", before.Grants, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jobs_that_run_have_the_stage_of_those_that_are_ready_unless_a_rule_looks_for_them()
    {
        await ExecuteAsync(Jobs);
        await ExecuteAsync($"update busjobs.job set serial_key = 'key ' || id where state = 2 and id::text like '%2'; grant select (id) on busjobs.job to \"{Role}\"");
        await UpgradeAsync(Columns);
        var (rows, names, grants) = (await ReadAsync(Rows), await ReadAsync(Names), await GrantedAsync());
        await UpgradeAsync(Stage);

        Assert.Equal(rows, await ReadAsync(Rows.Replace("jsonb_each_text(to_jsonb(j))", "jsonb_each_text(to_jsonb(j) - 'stage' - 'chained')", StringComparison.Ordinal)));
        // Running jobs are counted by their dispatches now.
        Assert.Equal((names.Replace("job_limited ", "", StringComparison.Ordinal), grants), (await ReadAsync(Names), await GrantedAsync()));
        Assert.Contains("SELECT NO id", grants, StringComparison.Ordinal);
        Assert.Equal("0:0 1:1 2:1 2:2 3:3 4:4 5:5", await ReadAsync("select string_agg(distinct state || ':' || stage, ' ' order by state || ':' || stage) from busjobs.job"));
        Assert.Equal("true", await ReadAsync("select bool_and((stage = 2) = (serial_key is not null))::text from busjobs.job where state = 2"));
    }

    [Fact]
    public async Task Columns_of_one_width_that_always_have_a_value_stand_before_all_others()
    {
        await UpgradeAsync(Stage);
        Assert.Equal("kind queue payload", await ReadAsync(
            """
            select string_agg(attname, ' ' order by attnum) from pg_attribute
            where attrelid = 'busjobs.job'::regclass and attnum > 0 and attnotnull and (attlen < 0 or attnum > (
                select min(attnum) from pg_attribute where attrelid = 'busjobs.job'::regclass and attnum > 0 and attlen < 0))
            """));
    }

    private string Unpooled => new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionStringTo(name)) { Pooling = false }.ConnectionString;

    private async Task UpgradeAsync(string to)
    {
        await using var context = new PostgresLedgerContext(new DbContextOptionsBuilder<PostgresLedgerContext>()
            .UseNpgsql(Unpooled, npgsql => npgsql.MigrationsHistoryTable(LedgerContext.HistoryTable, LedgerModel.Schema)).Options);
        await context.GetService<IMigrator>().MigrateAsync(to);
    }

    private async Task<(string Rows, string Definitions, string Grants)> AllAsync() => (await ReadAsync(Rows), await ReadAsync(Definitions), await ReadAsync(Grants));

    /// <summary>What others than the owner may, who may all there is, new columns too.</summary>
    private async Task<string> GrantedAsync() => string.Join('\n', (await ReadAsync(Grants)).Split('\n').Where(line => line.StartsWith(Role, StringComparison.Ordinal)));

    private Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(sql, name);

    private async Task<string> ReadAsync(string sql)
    {
        await using var connection = await PostgresServer.OpenAsync(name);
        await using var command = new NpgsqlCommand(sql, connection);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
