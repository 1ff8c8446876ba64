using System.Net.Http.Headers;
using System.Text.Json;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>Schedules, with the program alone.</summary>
public sealed class CliClockTests(CliFixture fixture) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task A_schedule_is_listed_paused_resumed_run_and_tells_what_became_of_it()
    {
        await MakeAsync("nightly", "30 2 * * *", """, "zone": "Europe/Berlin" """);
        Assert.Matches(@"nightly +test\.nobody +30 2 \* \* \* +Europe/Berlin +in \d+ \w+ +on +0", await DoneAsync("schedules", "list"));
        Assert.Equal("The schedule nightly is paused.", await DoneAsync("schedules", "pause", "nightly"));
        Assert.Matches(@"nightly .* paused +0", await DoneAsync("schedules", "list"));
        Assert.StartsWith("- The schedule is paused", await DoneAsync("schedules", "why", "nightly"), StringComparison.Ordinal);
        Assert.Equal("The schedule nightly goes on.", await DoneAsync("schedules", "resume", "nightly"));
        Assert.StartsWith("- It fires next in ", await DoneAsync("schedules", "why", "nightly"), StringComparison.Ordinal);

        var job = (await DoneAsync("schedules", "run", "nightly")).Split(' ')[1];
        Assert.Contains("test.nobody", await DoneAsync("jobs", "show", job), StringComparison.Ordinal);
        var shown = await DoneAsync("schedules", "show", "nightly");
        Assert.Matches(@"(?m)^zone +Europe/Berlin\r?$", shown);
        Assert.Matches($@"enqueued +{job}", shown);
        Assert.Equal(job, JsonElement.Parse(await DoneAsync("schedules", "show", "nightly", "--json")).GetProperty("fires")[0].GetProperty("jobId").GetString());
        await DoneAsync("jobs", "cancel", job);
    }

    [Fact]
    public async Task What_is_to_come_is_shown_of_one_schedule_and_of_all()
    {
        await MakeAsync("often", "every 6h");
        Assert.Equal(3, (await DoneAsync("schedules", "preview", "often", "--count", "3")).Split('\n').Count(line => line.StartsWith("often ", StringComparison.Ordinal)));
        Assert.Equal(8, (await DoneAsync("schedules", "preview", "--hours", "48")).Split('\n').Count(line => line.StartsWith("often ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_past_range_is_counted_asked_for_and_run_once()
    {
        await MakeAsync("hourly", "0 * * * *");
        string[] range = ["schedules", "backfill", "hourly", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-01T05:00:00Z"];
        Assert.Equal("5 fires are in that range.", await DoneAsync([.. range, "--dry-run"]));
        var asked = await fixture.RunAsync(range);
        Assert.Equal((2, true), (asked.Code, asked.Error.Contains("Enqueue a job for each of 5 fires that has none? There is nobody to ask: say --yes.", StringComparison.Ordinal)));
        Assert.StartsWith("5 jobs enqueued for 5 fires.", await DoneAsync([.. range, "--yes"]), StringComparison.Ordinal);
        Assert.StartsWith("0 jobs enqueued for 5 fires.", await DoneAsync([.. range, "--yes"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_job_is_retried_by_its_id_and_a_kinds_keys_are_freed()
    {
        const string Broken = """{"repository": "demo", "path": "demo", "commit": "main", "generation": 1, "files": [], "deleted": ["a.txt"]}""";
        var id = (await DoneAsync("enqueue", "forge.reindex-search", Broken, "--unique", "k", "--unique-ttl", "1h")).Split(' ')[1];
        await IsDeadAsync(id, attempts: 1);
        Assert.Equal($"{id} is ready.", await DoneAsync("jobs", "retry", id));
        await IsDeadAsync(id, attempts: 2);
        Assert.Contains("is there already", await DoneAsync("enqueue", "forge.reindex-search", Broken, "--unique", "k", "--unique-ttl", "1h"), StringComparison.Ordinal);
        Assert.Equal("Every unique key of forge.reindex-search is free.", await DoneAsync("bump", "forge.reindex-search", "--yes"));
        Assert.StartsWith("enqueued ", await DoneAsync("enqueue", "forge.reindex-search", Broken, "--unique", "k", "--unique-ttl", "1h"), StringComparison.Ordinal);
    }

    private Task IsDeadAsync(string id, int attempts) => Eventually.HoldsAsync(async () => JsonElement.Parse(await DoneAsync("jobs", "show", id, "--json")) is var job
        && job.GetProperty("state").GetString() == "dead" && job.GetProperty("history").GetArrayLength() == attempts);

    private async Task MakeAsync(string id, string rule, string more = "")
    {
        var environment = fixture.With("X", "1");
        using var http = new HttpClient { BaseAddress = new Uri(environment["BUSJOBS_URL"]!), DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", environment["BUSJOBS_KEY"]) } };
        using var body = Api.ApiStory.Json($$"""{"kind": "test.nobody", "queue": "nobody", "rule": "{{rule}}" {{more}}}""");
        using var made = await http.PutAsync($"/api/schedules/{id}", body);
        Assert.Equal(201, (int)made.StatusCode);
    }

    private async Task<string> DoneAsync(params string[] words)
    {
        var end = await fixture.RunAsync(words);
        Assert.True(end is { Code: 0, Error: "" }, $"busjobs {string.Join(' ', words)}: {end}");
        return end.Output.Trim();
    }
}
