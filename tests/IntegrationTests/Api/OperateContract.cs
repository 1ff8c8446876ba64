using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Ledger.Audit;
using BusJobs.Wire;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Api;

public abstract partial class ApiOperateContract(LedgerFixture fixture) : ApiContract(fixture)
{
    [Fact]
    public async Task A_waiting_job_is_cancelled_once()
    {
        var id = await Story.EnqueueAsync();
        var (status, answer) = await Story.PostAsync($"/api/jobs/{id}/cancel", "");
        Assert.Equal((200, "cancelled"), (status, answer.GetProperty("state").GetString()));
        Assert.Equal(409, (await Story.PostAsync($"/api/jobs/{id}/cancel", "")).Status);
        Assert.Equal(409, (await Story.PostAsync($"/api/jobs/{id}/retry", "")).Status);
    }

    [Fact]
    public async Task A_running_job_is_asked_to_stop()
    {
        var id = await Story.EnqueueAsync();
        await DispatchAsync();
        var (status, answer) = await Story.PostAsync($"/api/jobs/{id}/cancel", "");
        Assert.Equal((202, "dispatched"), (status, answer.GetProperty("state").GetString()));
        Assert.True((await Story.Ledger.FindAsync(id, CancellationToken.None))!.CancelRequested);
    }

    [Fact]
    public async Task A_dead_job_shows_why_and_is_retried_once()
    {
        var id = await Story.EnqueueAsync();
        await DieAsync("it broke");
        var (_, job) = await Story.GetAsync($"/api/jobs/{id}");
        Assert.Equal(("dead", "it broke"), (job.GetProperty("state").GetString(), job.GetProperty("reason").GetString()));
        Assert.Equal("deadLettered", job.GetProperty("history")[0].GetProperty("ending").GetString());

        var (status, answer) = await Story.PostAsync($"/api/jobs/{id}/retry", "");
        Assert.Equal((200, "ready"), (status, answer.GetProperty("state").GetString()));
        Assert.Equal(409, (await Story.PostAsync($"/api/jobs/{id}/retry", "")).Status);
    }

    [Fact]
    public async Task A_dead_job_is_given_another_payload_and_that_is_on_record_once()
    {
        var id = await Story.EnqueueAsync();
        Assert.Equal(409, (await Story.SendAsync(HttpMethod.Put, $"/api/jobs/{id}/payload", """{"a": 2}""")).Status);
        await DieAsync("it broke");
        Assert.Equal(200, (await Story.SendAsync(HttpMethod.Put, $"/api/jobs/{id}/payload", """{"a": 2}""")).Status);
        Assert.Equal("""{"a": 2}""", (await Story.Ledger.FindAsync(id, CancellationToken.None))!.Payload);
        var trail = await Story.Services.GetRequiredService<IAuditTrail>().EntriesAsync(before: null, 10, CancellationToken.None);
        Assert.Equal(["job.amend: amended", "job.amend: not dead"], trail.Select(entry => $"{entry.What}: {entry.Result}"));
    }

    [Fact]
    public async Task Secrets_of_a_payload_are_shown_to_admins_only_and_are_kept_when_who_cannot_see_them_edits()
    {
        const string Payload = """{"user":"ann","password":"hunter2"}""";
        var id = Guid.Parse((await Story.PostAsync("/api/jobs", $$"""{"kind": "test.job", "payload": {{Payload}}}""")).Body.GetProperty("id").GetString()!);
        await DieAsync("no such user");
        using var operatorHttp = Story.Caller(await Story.KeyAsync(ApiScopes.Read | ApiScopes.Operate));
        var (_, masked) = await Story.GetAsync($"/api/jobs/{id}", operatorHttp);
        Assert.Equal((true, "•••"), (masked.GetProperty("masked").GetBoolean(), masked.GetProperty("payload").GetProperty("password").GetString()));

        using var mended = ApiStory.Json(masked.GetProperty("payload").GetRawText().Replace("ann", "bob", StringComparison.Ordinal));
        using var put = await operatorHttp.PutAsync($"/api/jobs/{id}/payload", mended);
        Assert.Equal(200, (int)put.StatusCode);
        var (_, shown) = await Story.GetAsync($"/api/jobs/{id}");
        Assert.False(shown.GetProperty("masked").GetBoolean());
        Assert.Equal(Payload.Replace("ann", "bob", StringComparison.Ordinal), shown.GetProperty("payload").GetRawText());

        using var misplaced = ApiStory.Json("""{"apiKey": "•••"}""");
        using var refused = await operatorHttp.PutAsync($"/api/jobs/{id}/payload", misplaced);
        var (status, problem) = await ApiStory.ReadAsync(refused);
        Assert.Equal(400, status);
        Assert.Contains("'apiKey'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dead_jobs_are_told_by_what_they_died_of_and_one_group_is_redriven()
    {
        foreach (var (reason, tenant) in new[] { ("order 17 is gone", "acme"), ("order 18 is gone", "umbrella"), ("the disk is full", "acme") })
        {
            await Story.EnqueueAsync($", \"tenant\": \"{tenant}\"");
            await DieAsync(reason);
        }

        var (_, found) = await Story.GetAsync("/api/dead/groups");
        Assert.Equal((3, false), (found.GetProperty("looked").GetInt32(), found.GetProperty("more").GetBoolean()));
        var groups = found.GetProperty("groups").EnumerateArray().ToDictionary(group => group.GetProperty("error").GetString()!);
        Assert.Equal(["order … is gone", "the disk is full"], groups.Keys.Order());
        var gone = groups["order … is gone"];
        Assert.Equal((2, "order 18 is gone"), (gone.GetProperty("jobs").GetInt32(), gone.GetProperty("sample").GetString()));
        Assert.Equal(["acme", "umbrella"], gone.GetProperty("tenants").EnumerateArray().Select(tenant => tenant.GetString()).Order());
        Assert.Equal(0, (await Story.GetAsync("/api/dead/groups?kind=test.other")).Body.GetProperty("groups").GetArrayLength());

        var fingerprint = gone.GetProperty("fingerprint").GetString();
        Assert.Equal((2, false), await RedriveAsync($$"""{"fingerprint": "{{fingerprint}}", "dryRun": true}"""));
        Assert.Equal((1, true), await RedriveAsync($$"""{"fingerprint": "{{fingerprint}}", "limit": 1}"""));
        Assert.Equal((1, false), await RedriveAsync($$"""{"fingerprint": "{{fingerprint}}"}"""));
        Assert.Equal((0, false), await RedriveAsync($$"""{"fingerprint": "{{fingerprint}}"}"""));
        Assert.Equal((2, 1), ((await Story.Ledger.CountsAsync(CancellationToken.None)).Ready, (await Story.Ledger.CountsAsync(CancellationToken.None)).DeadNow));
    }

    [Fact]
    public async Task A_redrive_counts_first_and_then_does_what_it_counted()
    {
        for (var i = 0; i < 5; i++)
        {
            await Story.EnqueueAsync(i < 3 ? """, "tenant": "acme" """ : "");
        }

        await DieAsync("x");
        Assert.Equal((3, false), await RedriveAsync("""{"tenant": "acme", "dryRun": true}"""));
        Assert.Equal((2, true), await RedriveAsync("""{"kind": "test.job", "limit": 2, "dryRun": true}"""));
        Assert.Equal((0, false), await RedriveAsync("""{"kind": "test.other"}"""));
        Assert.Equal((3, false), await RedriveAsync("""{"tenant": "acme", "queue": "default"}"""));
        Assert.Equal((2, false), await RedriveAsync("""{"all": true}"""));
        Assert.Equal(5, (await Story.Ledger.CountsAsync(CancellationToken.None)).Ready);
    }

    [Fact]
    public async Task Queues_and_kinds_tell_what_waits_and_what_became_of_it()
    {
        await Story.EnqueueAsync();
        await DieAsync("x");
        await Story.EnqueueAsync(""", "queue": "slow" """);
        await Story.EnqueueAsync(""", "queue": "slow" """);
        await Story.EnqueueAsync();
        await DispatchAsync();

        var (_, queues) = await Story.GetAsync("/api/queues");
        Assert.Equal([("default", 0, 1), ("slow", 2, 0)], queues.EnumerateArray().Select(queue =>
            (queue.GetProperty("name").GetString()!, queue.GetProperty("ready").GetInt32(), queue.GetProperty("inFlight").GetInt32())));
        var (_, kinds) = await Story.GetAsync("/api/kinds");
        Assert.Equal(("test.job", 1), (kinds[0].GetProperty("name").GetString(), kinds[0].GetProperty("dead").GetInt32()));
    }

    [Theory]
    [InlineData("queue")]
    [InlineData("kind")]
    [InlineData("tenant")]
    public async Task A_pause_is_shown_until_it_is_ended(string scope)
    {
        Assert.Equal(204, (await Story.PostAsync($"/api/{scope}s/acme/pause", """{"reason": "the mail server is away"}""")).Status);
        var (_, pauses) = await Story.GetAsync("/api/pauses");
        var pause = Assert.Single(pauses.EnumerateArray());
        Assert.Equal((scope, "acme", "test", "the mail server is away"), (
            pause.GetProperty("scope").GetString(), pause.GetProperty("name").GetString(), pause.GetProperty("by").GetString(), pause.GetProperty("reason").GetString()));
        if (scope != "tenant")
        {
            var (_, shown) = await Story.GetAsync($"/api/{scope}s");
            Assert.True(Assert.Single(shown.EnumerateArray()).GetProperty("paused").GetBoolean());
        }

        using (var bare = await Story.Http.PostAsync($"/api/{scope}s/acme/pause", content: null))
        {
            Assert.Equal(204, (int)bare.StatusCode);
        }

        Assert.Equal(204, (await Story.PostAsync($"/api/{scope}s/acme/resume", "")).Status);
        Assert.Equal(409, (await Story.PostAsync($"/api/{scope}s/acme/resume", "")).Status);
        Assert.Equal(400, (await Story.PostAsync($"/api/{scope}s/A/pause", "{}")).Status);
        Assert.Equal(400, (await Story.PostAsync($"/api/{scope}s/acme/pause", """{"reason": "a\nb"}""")).Status);
        Assert.Equal(400, (await Story.PostAsync($"/api/{scope}s/acme/pause", """{"why": "x"}""")).Status);
    }

    [Fact]
    public async Task A_kind_is_bumped_by_its_name() => Assert.Equal(204, (await Story.PostAsync("/api/kinds/test.job/bump", "")).Status);

    private async Task<(int Jobs, bool More)> RedriveAsync(string body)
    {
        var (status, answer) = await Story.PostAsync("/api/jobs/redrive", body);
        Assert.Equal(200, status);
        return (answer.GetProperty("jobs").GetInt32(), answer.GetProperty("more").GetBoolean());
    }

    private async Task<IReadOnlyList<Dispatch>> DispatchAsync() => (await Story.Ledger.ClaimAsync(
        "default", Lane.Normal, limit: 100,
        (queue, jobs) => new Packed([new Dispatch { Id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Kind = "test.job", Queue = queue, Sequence = 0, Jobs = [.. jobs.Select(job => job.Job)] }], []),
        now: null, CancellationToken.None)).Dispatches;

    private async Task DieAsync(string reason)
    {
        foreach (var dispatch in await DispatchAsync())
        {
            var words = dispatch.Jobs.Select(job => new Settlement(job.Id, job.Fence, Ending.DeadLettered) { Reason = reason });
            await Story.Ledger.SettleAsync(
                [new Settled { DispatchId = dispatch.Id, Worker = "w", Kind = dispatch.Kind, Queue = dispatch.Queue, Last = true, Jobs = [.. words] }],
                now: null, CancellationToken.None);
        }
    }
}
