using System.Text.Json;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>Whatever is said to the program: one clear line, the right exit code, no stack trace.</summary>
public sealed class CliBadInputTests(CliFixture fixture) : IClassFixture<CliFixture>
{
    private const string Nobody = "0198a1b2-0000-7000-8000-000000000001";

    [Theory]
    [InlineData(2, "Say what: enqueue, jobs", "")]
    [InlineData(2, "'bogus' is no command", "bogus")]
    [InlineData(2, "'bogus' is no command or option of busjobs jobs", "jobs bogus")]
    [InlineData(2, "Say what: list, groups, redrive, discard", "dead")]
    [InlineData(2, "--limit '-1' is refused", "jobs list --limit -1")]
    [InlineData(2, "--limit '99999999999999' is refused", "jobs list --limit 99999999999999")]
    [InlineData(2, "state 'lost' is refused", "jobs list --state lost")]
    [InlineData(2, "member 'password' is refused", "jobs list --member password=hunter2")]
    [InlineData(2, "kind 'A' is refused", "enqueue A {}")]
    [InlineData(2, "payload '{' is refused", "enqueue test.job {")]
    [InlineData(2, "payload 'no-such-file' is refused", "enqueue test.job @no-such-file")]
    [InlineData(2, "payload '/dev/zero' is refused: expected at most 262,144 bytes", "enqueue test.job @/dev/zero")]
    [InlineData(2, "payload '/tmp' is refused: expected a file, and this is a folder", "enqueue test.job @/tmp")]
    [InlineData(2, "payload '' is refused", "enqueue test.job @")]
    [InlineData(2, "payload '' is refused", "enqueue test.job -")]
    [InlineData(2, "--priority '256' is refused", "enqueue test.job {} --priority 256")]
    [InlineData(2, "--delay 'soon' is refused", "enqueue test.job {} --delay soon")]
    [InlineData(2, "runAt 'today' is refused", "enqueue test.job {} --run-at today")]
    [InlineData(2, "--unique-ttl '1m' is refused", "enqueue test.job {} --unique-ttl 1m")]
    [InlineData(2, "id 'x' is refused", "jobs show x")]
    [InlineData(1, "There is no job " + Nobody, "jobs show " + Nobody)]
    [InlineData(1, "There is no job " + Nobody, "jobs retry " + Nobody)]
    [InlineData(2, "Say which dead jobs", "dead redrive")]
    [InlineData(2, "Say which dead jobs", "dead discard")]
    [InlineData(2, "'--discarded' is no command or option of busjobs dead discard", "dead discard --all --discarded")]
    [InlineData(2, "Say which jobs: their ids, --kind, --queue, --tenant, --tag, --member, --from, --to, or --all.", "jobs cancel")]
    [InlineData(2, "Say which jobs: their ids, --kind", "jobs cancel --state ready --yes")]
    [InlineData(2, "not both", "jobs cancel " + Nobody + " --kind test.job")]
    [InlineData(2, "not both", "jobs cancel " + Nobody + " --dry-run")]
    [InlineData(2, "states 'dead' is refused: expected scheduled, ready, dispatched", "jobs cancel --all --state dead")]
    [InlineData(2, "--limit '0' is refused", "jobs cancel --all --limit 0")]
    [InlineData(2, "from 'soon' is refused", "jobs cancel --from soon")]
    [InlineData(2, "id 'x' is refused", "jobs cancel x")]
    [InlineData(1, "There is no job " + Nobody, "jobs cancel " + Nobody)]
    [InlineData(2, "say --yes", "bump test.job")]
    [InlineData(2, "what 'job' is refused: expected queue, kind, tenant", "pause job x")]
    [InlineData(2, "name '../x' is refused", "pause queue ../x")]
    [InlineData(2, "--jobs (missing) is refused", "limits set depth mail")]
    [InlineData(1, "There is no schedule 'none'", "schedules show none")]
    [InlineData(2, "--url", "queues --url")]
    [InlineData(2, "the server's address 'nowhere' is refused", "queues --url nowhere")]
    [InlineData(2, "the server's address (not shown)", "queues --url http://me:hunter2@nowhere")]
    [InlineData(3, "cannot be reached", "queues --url http://127.0.0.1:1")]
    [InlineData(2, "--key-file 'no-such-file' is refused", "queues --key-file no-such-file")]
    public async Task What_is_wrong_is_told_in_one_line(int code, string sentence, string line)
    {
        var end = await fixture.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        IsOneLine(end, code, sentence.Replace("(not shown)", "'(not shown)'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_key_that_is_missing_or_wrong_is_told_without_showing_it()
    {
        IsOneLine(await CliProcess.RunAsync(fixture.With("BUSJOBS_KEY", ""), "queues"), 3, "BUSJOBS_KEY");
        IsOneLine(await CliProcess.RunAsync(fixture.With("BUSJOBS_KEY", "bjk_hunter2_hunter2"), "queues"), 3, "BUSJOBS_KEY");
        IsOneLine(await CliProcess.RunAsync(fixture.With("BUSJOBS_KEY", "hunter2\nX-Evil: 1"), "queues"), 2, "the API key '(not shown)' is refused");
    }

    [Fact]
    public async Task A_connection_string_that_is_wrong_or_leads_nowhere_is_told_without_its_password()
    {
        IsOneLine(await CliProcess.RunAsync(fixture.With("BUSJOBS_DATABASE", "Password=hunter2;nonsense"), "keys", "list"), 2, "database '(not shown)' is refused");
        IsOneLine(await CliProcess.RunAsync(fixture.With("BUSJOBS_DATABASE", "Host=127.0.0.1;Port=1;Username=u;Password=hunter2"), "keys", "list"), 3, "The ledger could not answer");
    }

    [Fact]
    public async Task Hostile_text_is_shown_escaped_and_stays_data_for_programs()
    {
        // An escape sequence, a line break, a link of OSC 8 and a turn of direction, in the one field that may hold anything.
        const string Payload = """{"note": "\u001b[2J\r\u001b]8;;http://evil\u0007\u202e"}""";
        var id = JsonElement.Parse((await fixture.RunAsync("enqueue", "test.job", Payload, "--delay", "1h", "--json")).Output).GetProperty("id").GetString()!;
        foreach (var words in new string[][] { ["jobs", "show", id], ["jobs", "list"], ["jobs", "show", id, "--json"] })
        {
            var end = await fixture.RunAsync(words);
            Assert.Equal(0, end.Code);
            Assert.DoesNotContain(end.Output, c => c is '\u001b' or '\r' or '\u0007' or '\u202e');
        }

        var shown = JsonElement.Parse((await fixture.RunAsync("jobs", "show", id, "--json")).Output);
        Assert.Equal("\u001b[2J\r\u001b]8;;http://evil\u0007\u202e", shown.GetProperty("payload").GetProperty("note").GetString());
    }

    [Fact]
    public async Task Data_stays_data_when_there_is_something_to_say_beside_it()
    {
        for (var i = 0; i < 2; i++)
        {
            await fixture.RunAsync("enqueue", "test.many", "{}", "--delay", "1h");
        }

        Assert.Equal("[]", (await fixture.RunAsync("jobs", "list", "--kind", "test.many", "--member", "customer=7", "--json")).Output.Trim());
        var end = await fixture.RunAsync("jobs", "list", "--kind", "test.many", "--limit", "1", "--json");
        Assert.Equal(1, JsonElement.Parse(end.Output).GetArrayLength());
        Assert.Contains("There are more than these 1", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payload_comes_from_standard_input()
    {
        var end = await fixture.RunAsync("""{"a": 1}""", ["enqueue", "test.job", "-", "--delay", "1h"]);
        Assert.True(end.Code == 0, end.ToString());
    }

    [Theory]
    [InlineData("LANG", "tr_TR.UTF-8")]
    [InlineData("LC_ALL", "C")]
    [InlineData("COLUMNS", "20")]
    [InlineData("TERM", "dumb")]
    public async Task The_machine_of_the_caller_changes_no_row(string name, string value)
    {
        var end = await CliProcess.RunAsync(fixture.With(name, value), "queues");
        Assert.True(end.Code == 0, end.ToString());
        Assert.Matches(@"(?m)^default +0 +- +0 +1 +1 +-", end.Output);
    }

    [Fact]
    public async Task A_reader_that_goes_away_is_no_error()
    {
        using var process = CliProcess.Start(fixture.With("X", "1"), "schedules", "--help");
        process.StandardOutput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.DoesNotContain("   at ", await process.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(0, process.ExitCode);
    }

    private static void IsOneLine(CliEnd end, int code, string sentence)
    {
        Assert.True(end.Code == code, end.ToString());
        Assert.Contains(sentence, end.Error, StringComparison.Ordinal);
        Assert.True(end.Output.Length == 0 && end.Error.TrimEnd().Split('\n').Length == 1, end.ToString());
        Assert.DoesNotContain("hunter2", end.Error, StringComparison.Ordinal);
        Assert.StartsWith("busjobs: ", end.Error, StringComparison.Ordinal);
    }
}
