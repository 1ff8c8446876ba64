using System.Text.Json;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>What an operator does, with the program alone.</summary>
public sealed class CliStoryTests(CliFixture fixture) : IClassFixture<CliFixture>
{
    private const string Kind = "forge.reindex-search";
    private const string Broken = """{"repository": "demo", "path": "demo", "commit": "main", "generation": 1, "files": [], "deleted": ["a.txt"]}""";

    [Fact]
    public async Task A_newcomer_finds_a_failing_kind_reads_the_error_mends_the_payload_redrives_and_sees_it_succeed()
    {
        var id = (await DoneAsync("enqueue", Kind, Broken)).Output.Trim().Split(' ')[1];
        await Eventually.HoldsAsync(async () => (await JsonAsync("dead", "list")).GetArrayLength() == 1);

        Assert.Matches($@"{Kind} +\d+ +1 ", (await DoneAsync("kinds")).Output);
        Assert.Contains(id, (await DoneAsync("dead", "list", "--kind", Kind)).Output, StringComparison.Ordinal);
        Assert.Contains("has no absolute path of a repository", (await DoneAsync("jobs", "show", id)).Output, StringComparison.Ordinal);
        Assert.Contains("has no absolute path of a repository", (await DoneAsync("jobs", "why", id)).Output, StringComparison.Ordinal);

        var group = Assert.Single((await JsonAsync("dead", "groups", "--kind", Kind)).GetProperty("groups").EnumerateArray());
        var fingerprint = group.GetProperty("fingerprint").GetString()!;
        Assert.Matches($@"{fingerprint} +{Kind} +1 ", (await DoneAsync("dead", "groups")).Output);

        var mended = Path.Combine(fixture.Folder, "mended.json");
        await File.WriteAllTextAsync(mended, Broken.Replace("\"path\": \"demo\"", "\"path\": \"/demo\"", StringComparison.Ordinal).Replace("main", new string('a', 40), StringComparison.Ordinal));
        await DoneAsync("jobs", "edit", id, "@" + mended);
        Assert.Equal("1 job would be redriven.", (await DoneAsync("dead", "redrive", "--kind", Kind, "--dry-run")).Output.Trim());
        Assert.Equal("1 job redriven.", (await DoneAsync("dead", "redrive", "--fingerprint", fingerprint, "--yes")).Output.Trim());
        await Eventually.HoldsAsync(async () => (await JsonAsync("jobs", "show", id)).GetProperty("state").GetString() == "succeeded");
        Assert.Equal("No dead job matches.", (await DoneAsync("dead", "redrive", "--kind", Kind, "--yes")).Output.Trim());
    }

    [Fact]
    public async Task What_nobody_wants_any_more_is_discarded_and_brought_back()
    {
        var id = (await DoneAsync("enqueue", Kind, Broken)).Output.Trim().Split(' ')[1];
        await Eventually.HoldsAsync(async () => (await JsonAsync("jobs", "show", id)).GetProperty("state").GetString() == "dead");

        Assert.Equal("1 job would be discarded.", (await DoneAsync("dead", "discard", "--kind", Kind, "--dry-run")).Output.Trim());
        var asked = await fixture.RunAsync("dead", "discard", "--kind", Kind);
        Assert.Equal((2, true), (asked.Code, asked.Error.Contains("Discard 1 job? There is nobody to ask: say --yes.", StringComparison.Ordinal)));
        Assert.Equal("1 job discarded.", (await DoneAsync("dead", "discard", "--kind", Kind, "--yes")).Output.Trim());
        Assert.Matches($"{id} +{Kind} .+ tests +", (await DoneAsync("dead", "list", "--discarded", "--kind", Kind)).Output);
        Assert.Contains("discarded it", (await DoneAsync("jobs", "why", id)).Output, StringComparison.Ordinal);
        Assert.Equal("No dead job matches.", (await DoneAsync("dead", "discard", "--kind", Kind, "--yes")).Output.Trim());
        Assert.Equal("1 job redriven.", (await DoneAsync("dead", "redrive", "--discarded", "--kind", Kind, "--yes")).Output.Trim());
        await Eventually.HoldsAsync(async () => (await JsonAsync("jobs", "show", id)).GetProperty("state").GetString() == "dead");
        Assert.Equal($"{id} is cancelled.", (await DoneAsync("jobs", "discard", id)).Output.Trim());
        Assert.Equal(1, (await fixture.RunAsync("jobs", "discard", id)).Code);
    }

    [Fact]
    public async Task All_jobs_that_match_are_counted_asked_for_and_cancelled()
    {
        for (var i = 0; i < 3; i++)
        {
            await DoneAsync("enqueue", "test.storm", $$"""{"customer": {{i % 2}}}""", "--delay", "1h", "--tag", "storm");
        }

        Assert.Equal("2 jobs would be cancelled.", (await DoneAsync("jobs", "cancel", "--kind", "test.storm", "--member", "customer=0", "--dry-run")).Output.Trim());
        Assert.Equal("2 jobs would be cancelled. There are more.", (await DoneAsync("jobs", "cancel", "--tag", "storm", "--limit", "2", "--dry-run")).Output.Trim());
        Assert.Equal("No job that waits or runs matches.", (await DoneAsync("jobs", "cancel", "--kind", "test.storm", "--state", "ready", "--state", "dispatched")).Output.Trim());
        var asked = await fixture.RunAsync("jobs", "cancel", "--kind", "test.storm");
        Assert.Equal((2, true), (asked.Code, asked.Error.Contains("Cancel 3 jobs? There is nobody to ask: say --yes.", StringComparison.Ordinal)));
        Assert.Equal("2 jobs cancelled. There may be more: repeat it.", (await DoneAsync("jobs", "cancel", "--kind", "test.storm", "--from", "2026-01-01", "--limit", "2", "--yes")).Output.Trim());
        var done = await JsonAsync("jobs", "cancel", "--kind", "test.storm", "--yes");
        Assert.Equal("""{"cancelled":1,"requested":0,"more":false,"dryRun":false}""", done.GetRawText().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal));
        Assert.All((await JsonAsync("jobs", "list", "--kind", "test.storm")).EnumerateArray(), job => Assert.Equal("cancelled", job.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task A_paused_kind_waits_tells_why_and_goes_on()
    {
        await DoneAsync("pause", "tenant", "acme", "--reason", "their disk is full");
        var id = (await JsonAsync("enqueue", Kind, Broken, "--tenant", "acme", "--priority", "3", "--tag", "one", "--tag", "two", "--serial-key", "order:7", "--unique", "u", "--unique-ttl", "1m")).GetProperty("id").GetString()!;
        Assert.Contains("their disk is full", (await DoneAsync("jobs", "why", id)).Output, StringComparison.Ordinal);
        Assert.Contains("their disk is full", (await DoneAsync("pauses")).Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^serial key +order:7\r?$", (await DoneAsync("jobs", "show", id)).Output);
        Assert.Contains("is there already: " + id, (await DoneAsync("enqueue", Kind, Broken, "--tenant", "acme", "--unique", "u", "--unique-ttl", "1m")).Output, StringComparison.Ordinal);
        await DoneAsync("jobs", "cancel", id);
        Assert.Equal(1, (await fixture.RunAsync("jobs", "cancel", id)).Code);
        await DoneAsync("resume", "tenant", "acme");
        Assert.Equal(1, (await fixture.RunAsync("resume", "tenant", "acme")).Code);
    }

    [Fact]
    public async Task Limits_are_set_listed_and_lifted()
    {
        await DoneAsync("limits", "set", "kind", "mail.send", "--max-running", "2", "--starts", "10", "--per", "5s");
        await DoneAsync("limits", "set", "depth", "mail", "--jobs", "1000");
        var listed = (await DoneAsync("limits", "list")).Output;
        Assert.Matches(@"kind +mail\.send +- +2 run at once, 10 start in 5s", listed);
        Assert.Matches(@"depth +mail +- +1000 wait", listed);
        await DoneAsync("limits", "lift", "kind", "mail.send");
        await DoneAsync("limits", "lift", "depth", "mail");
        Assert.DoesNotContain("mail", (await DoneAsync("limits", "list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_runs_now_and_tells_what_it_did()
    {
        Assert.Matches(@"^cleanup: .+ \(\d+\.\d s\)", (await DoneAsync("services", "run", "cleanup")).Output);
        Assert.Matches(@"cleanup +\S.* \d+\.\d s", (await DoneAsync("services", "list")).Output);
        await DoneAsync("services", "runs", "cleanup");
        var unknown = await fixture.RunAsync("services", "run", "nonsense");
        Assert.Equal(1, unknown.Code);
        Assert.Contains("no service 'nonsense' that goes by the clock: it has calendar, cleanup, cron", unknown.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("busjobs li", "limits")]
    [InlineData("busjobs jobs ", "cancel")]
    [InlineData("busjobs pause ", "tenant")]
    [InlineData("busjobs jobs list --state d", "dead")]
    public async Task A_shell_is_told_how_a_line_goes_on(string line, string expected) =>
        Assert.Contains(expected, (await DoneAsync($"[suggest:{line.Length}]", line)).Output.Split('\n'));

    private async Task<CliEnd> DoneAsync(params string[] words)
    {
        var end = await fixture.RunAsync(words);
        Assert.True(end is { Code: 0, Error: "" }, $"busjobs {string.Join(' ', words)}: {end}");
        return end;
    }

    private async Task<JsonElement> JsonAsync(params string[] words) => JsonElement.Parse((await DoneAsync([.. words, "--json"])).Output);
}
