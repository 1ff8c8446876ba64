using System.Text.Json;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>The commands that go to the ledger itself.</summary>
public sealed class CliLedgerTests(CliFixture fixture, PostgresFixture postgres) : IClassFixture<CliFixture>, IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Pending_migrations_are_found_named_and_applied()
    {
        // The fixture's database comes migrated.
        await using (var drop = postgres.DataSource.CreateCommand("drop schema busjobs cascade"))
        {
            await drop.ExecuteNonQueryAsync();
        }

        var environment = fixture.With("BUSJOBS_DATABASE", postgres.ConnectionString);
        var pending = await CliProcess.RunAsync(environment, "migrate", "--dry-run");
        Assert.True(pending.Code == 1 && pending.Output.StartsWith("Pending: ", StringComparison.Ordinal), pending.ToString());
        Assert.Contains("busjobs migrate", (await CliProcess.RunAsync(environment, "doctor")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await CliProcess.RunAsync(environment, "migrate")).Code);
        Assert.Equal("The ledger is up to date.", (await CliProcess.RunAsync(environment, "migrate", "--dry-run")).Output.Trim());

        var findings = JsonElement.Parse((await CliProcess.RunAsync(environment, "doctor", "--json")).Output).EnumerateArray().ToDictionary(
            finding => finding.GetProperty("what").GetString()!, finding => finding.GetProperty("says").GetString()!);
        Assert.StartsWith("PostgreSQL ", findings["ledger"], StringComparison.Ordinal);
        Assert.Equal("up to date", findings["migrations"]);
        Assert.Contains("dead rows", findings);
    }

    [Fact]
    public async Task A_doctor_finds_nothing_wrong_with_a_server_that_works_and_says_so_when_it_is_away()
    {
        var well = await fixture.RunAsync("doctor", "--data", fixture.Folder);
        Assert.True(well.Code == 0, well.ToString());
        Assert.Matches("(?m)^ok +ledger +SQLite", well.Output);
        Assert.Matches("(?m)^-- +broker +not looked at", well.Output);
        var away = await CliProcess.RunAsync(fixture.With("BUSJOBS_URL", "http://127.0.0.1:1"), "doctor", "--data", fixture.Folder);
        Assert.True(away.Code == 1, away.ToString());
        Assert.Matches("!! +server +The server http://127.0.0.1:1 cannot be reached", away.Output);
    }

    [Fact]
    public async Task A_build_that_cannot_read_what_waits_is_found_before_it_is_deployed()
    {
        var forge = Path.Combine(AppContext.BaseDirectory, "Forge.dll");
        var fine = await fixture.RunAsync("check", "--assembly", forge, "--data", fixture.Folder);
        Assert.True(fine.Code == 0 && fine.Output.Contains("0 cannot be loaded", StringComparison.Ordinal), fine.ToString());

        await fixture.RunAsync("enqueue", "forge.reindex-search", """{"repository": 7}""", "--delay", "1h");
        var faulty = await fixture.RunAsync("check", "--assembly", forge, "--data", fixture.Folder);
        Assert.True(faulty.Code == 1 && faulty.Output.Contains("1 payloads read, 1 cannot be loaded", StringComparison.Ordinal), faulty.ToString());
        Assert.Equal(2, (await fixture.RunAsync("check", "--assembly", Path.Combine(fixture.Folder, "busjobs.db"), "--data", fixture.Folder)).Code);
    }

    [Fact]
    public async Task A_queue_is_drained_and_stays_paused()
    {
        var drained = await fixture.RunAsync("drain", "default", "--yes", "--within", "30s");
        Assert.True(drained.Code == 0, drained.ToString());
        Assert.Matches("default .* paused", (await fixture.RunAsync("queues")).Output);
        Assert.Equal(0, (await fixture.RunAsync("resume", "queue", "default")).Code);
    }

    [Fact]
    public async Task A_live_screen_needs_a_terminal() => Assert.Equal(2, (await fixture.RunAsync("top")).Code);
}
