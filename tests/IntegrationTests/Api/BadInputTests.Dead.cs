namespace BusJobs.IntegrationTests.Api;

public sealed partial class BadInputTests
{
    [Theory]
    [InlineData("{}", "")]
    [InlineData("{\"limit\": 0, \"all\": true}", "/limit")]
    [InlineData("{\"limit\": 10001, \"all\": true}", "/limit")]
    [InlineData("{\"kind\": \"%\"}", "/kind")]
    [InlineData("{\"all\": \"yes\"}", "/all")]
    [InlineData("{\"dryRun\": true}", "")]
    public async Task A_redrive_and_a_discard_say_which_jobs(string body, string pointer)
    {
        foreach (var deed in (string[])["redrive", "discard"])
        {
            await RefusesAsync($"/api/jobs/{deed}", body, pointer);
        }
    }

    [Theory]
    [InlineData("discard", "{\"all\": true, \"discarded\": true}", "/discarded")]
    [InlineData("redrive", "{\"all\": true, \"discarded\": 1}", "/discarded")]
    [InlineData("redrive", "{\"fingerprint\": \"0123456789abcdef\", \"discarded\": true}", "/fingerprint")]
    public Task What_was_discarded_is_chosen_by_a_redrive_only_and_not_by_group(string deed, string body, string pointer) => RefusesAsync($"/api/jobs/{deed}", body, pointer);

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{\"dryRun\": true}", "")]
    [InlineData("{\"all\": false}", "")]
    [InlineData("{\"states\": [\"ready\"]}", "")]
    [InlineData("{\"kind\": null, \"limit\": 5}", "")]
    [InlineData("[]", "")]
    [InlineData("{\"kind\": \"%\"}", "/kind")]
    [InlineData("{\"kind\": \"\"}", "/kind")]
    [InlineData("{\"queue\": 7}", "/queue")]
    [InlineData("{\"tenant\": \"A\"}", "/tenant")]
    [InlineData("{\"tag\": [\"a\"]}", "/tag")]
    [InlineData("{\"member\": \"customer\"}", "/member")]
    [InlineData("{\"member\": \"password=hunter2\"}", "/member")]
    [InlineData("{\"from\": \"yesterday\"}", "/from")]
    [InlineData("{\"from\": \"2026-01-02\", \"to\": \"2026-01-02\"}", "/to")]
    [InlineData("{\"all\": true, \"limit\": 10001}", "/limit")]
    [InlineData("{\"all\": true, \"limit\": \"9\"}", "/limit")]
    [InlineData("{\"all\": \"yes\"}", "/all")]
    [InlineData("{\"all\": true, \"dryRun\": 1}", "/dryRun")]
    [InlineData("{\"all\": true, \"cursor\": \"e30\"}", "/cursor")]
    [InlineData("{\"all\": true, \"cursor\": \"bnVsbA\"}", "/cursor")]
    [InlineData("{\"all\": true, \"cursor\": \"\"}", "/cursor")]
    [InlineData("{\"all\": true, \"states\": []}", "/states")]
    [InlineData("{\"all\": true, \"states\": \"ready\"}", "/states")]
    [InlineData("{\"all\": true, \"states\": [\"dead\"]}", "/states")]
    [InlineData("{\"all\": true, \"states\": [\"ready\", \"ready\", \"ready\", \"ready\"]}", "/states")]
    [InlineData("{\"all\": true, \"state\": \"ready\"}", "/state")]
    [InlineData("{\"all\": true, \"discarded\": true}", "/discarded")]
    public async Task A_cancel_says_which_jobs_and_takes_none_by_accident(string body, string pointer)
    {
        var id = await Story.EnqueueAsync();
        await RefusesAsync("/api/jobs/cancel", body, pointer);
        Assert.Equal(LedgerState.Ready, (await Story.Ledger.FindAsync(id, CancellationToken.None))!.State);
    }

    [Fact]
    public async Task A_cancel_is_told_all_that_is_wrong_with_it_at_once()
    {
        var (status, problem) = await Story.PostAsync("/api/jobs/cancel", """{"kind": "A", "tag": 1, "from": "now", "states": ["dead"], "limit": 0, "dryRun": 2}""");
        AssertRefused(400, status, problem);
        Assert.Equal(["/kind", "/tag", "/from", "/states", "/limit", "/dryRun"], problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString()));
    }

    [Theory]
    [InlineData("redrive", "/kind /queue /tenant /fingerprint /all /limit /dryRun /discarded")]
    [InlineData("discard", "/kind /queue /tenant /fingerprint /all /limit /dryRun")]
    public async Task A_redrive_and_a_discard_are_told_all_that_is_wrong_with_them_at_once(string deed, string pointers)
    {
        var discarded = deed == "redrive" ? ", \"discarded\": 1" : "";
        var (status, problem) = await Story.PostAsync(
            $"/api/jobs/{deed}", $$"""{"kind": "A", "queue": 7, "tenant": "B", "fingerprint": [], "all": "yes", "limit": 0, "dryRun": 2{{discarded}}}""");
        AssertRefused(400, status, problem);
        Assert.Equal(pointers, string.Join(' ', problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString())));
    }

    private async Task RefusesAsync(string path, string body, string pointer)
    {
        var (status, problem) = await Story.PostAsync(path, body);
        AssertRefused(400, status, problem);
        Assert.Equal(pointer, problem.GetProperty("errors")[0].GetProperty("pointer").GetString());
    }
}
