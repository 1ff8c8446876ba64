using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Api;

/// <summary>What the door answers, seen over HTTP.</summary>
public abstract class AdmissionContract(LedgerFixture fixture) : ApiContract(fixture)
{
    private const string Acme = """{"kind": "test.job", "payload": 1, "tenant": "acme"}""";

    [Fact]
    public async Task A_key_that_a_job_holds_is_answered_with_that_job_until_the_kind_is_bumped()
    {
        const string Job = """{"kind": "test.job", "payload": 1, "unique": {"key": "repo-7"}}""";
        var first = await IdAsync(202, "enqueued", Job);
        Assert.Equal(first, await IdAsync(200, "duplicate", Job));
        Assert.Equal(204, (await Story.PostAsync("/api/kinds/test.job/bump", "")).Status);
        Assert.NotEqual(first, await IdAsync(202, "enqueued", Job));
    }

    [Fact]
    public async Task A_duplicate_that_replaces_gives_the_waiting_job_its_payload()
    {
        var first = await IdAsync(202, "enqueued", """{"kind": "test.job", "payload": 1, "delay": "1h", "unique": {"key": "k", "replace": true}}""");
        Assert.Equal(first, await IdAsync(200, "duplicate", """{"kind": "test.job", "payload": 2, "delay": "1h", "unique": {"key": "k", "replace": true}}"""));
        Assert.Equal("2", (await Story.Ledger.FindAsync(first, CancellationToken.None))!.Payload);
    }

    [Fact]
    public async Task Spans_of_one_window_are_one_job_and_those_of_the_next_another()
    {
        static string Of(string start, string end) =>
            $$$"""{"kind": "test.job", "payload": 1, "unique": {"key": "k", "window": {"start": "{{{start}}}", "end": "{{{end}}}", "grain": "1h"} } }""";
        var first = await IdAsync(202, "enqueued", Of("2026-01-01T10:20:00Z", "2026-01-01T10:40:00Z"));
        Assert.Equal(first, await IdAsync(200, "duplicate", Of("2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z")));
        await IdAsync(202, "enqueued", Of("2026-01-01T11:00:00Z", "2026-01-01T11:01:00Z"));
    }

    [Fact]
    public async Task A_job_that_was_not_started_within_its_greatest_age_expires()
    {
        var id = await IdAsync(202, "enqueued", """{"kind": "test.job", "payload": 1, "maxAge": "1s"}""");
        await Story.Ledger.SweepAsync(100, TimeProvider.System.GetUtcNow().AddSeconds(2), CancellationToken.None);
        var (_, job) = await Story.GetAsync($"/api/jobs/{id}");
        Assert.Equal("expired", job.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Jobs_of_a_serial_key_start_one_at_a_time()
    {
        for (var i = 0; i < 3; i++)
        {
            await Story.EnqueueAsync(""", "serialKey": "account-9" """);
        }

        Assert.Equal(1, await StartedAsync());
        Assert.Equal(0, await StartedAsync());
    }

    [Fact]
    public async Task A_tenant_over_its_rate_is_told_when_to_come_back_and_others_are_not_held_up()
    {
        await Story.PutAsync("/api/limits/per-minute/test.job", """{"jobs": 2}""");
        var batch = await BatchAsync(3, """, "tenant": "acme" """);
        Assert.Equal((202, "enqueued,enqueued,rateLimited"), batch);
        Assert.InRange(await TurnedAwayAsync(Acme), 1, 61);
        await Story.EnqueueAsync(""", "tenant": "other" """);

        await Story.LiftAsync("/api/limits/per-minute/test.job");
        await Story.EnqueueAsync(""", "tenant": "acme" """);
    }

    [Fact]
    public async Task Who_is_over_the_rate_is_told_the_second_in_which_a_place_of_the_minute_is_free_again()
    {
        await Story.PutAsync("/api/limits/per-minute/test.job", """{"jobs": 1}""");
        var first = await IdAsync(202, "enqueued", Acme);
        var free = (await Story.Ledger.FindAsync(first, CancellationToken.None))!.EnqueuedAt.AddMinutes(1);
        var earliest = TimeProvider.System.GetUtcNow();
        var seconds = await TurnedAwayAsync(Acme);
        // Never too early; and places are counted by the second.
        Assert.InRange(seconds, (free - TimeProvider.System.GetUtcNow()).TotalSeconds, (free - earliest).TotalSeconds + 2);
        await Story.LiftAsync("/api/limits/per-minute/test.job");
    }

    [Fact]
    public async Task A_queue_as_deep_as_it_may_be_sheds_until_it_is_less_deep()
    {
        await Story.PutAsync("/api/limits/depth/default", """{"jobs": 2}""");
        await Story.EnqueueAsync();
        await Story.EnqueueAsync();
        var (status, answer) = await Story.PostAsync("/api/jobs/batch", """{"jobs": [{"kind": "test.job", "payload": 1}]}""");
        Assert.Equal((429, "shed"), (status, answer.GetProperty("results")[0].GetProperty("status").GetString()));
        Assert.InRange(await TurnedAwayAsync("""{"kind": "test.job", "payload": 1}"""), 1, 60);
        await Story.EnqueueAsync(""", "queue": "other" """);

        await Story.LiftAsync("/api/limits/depth/default");
        await Story.EnqueueAsync();
    }

    /// <returns>The seconds of its Retry-After.</returns>
    private async Task<double> TurnedAwayAsync(string job)
    {
        using var answer = await Story.Http.PostAsync("/api/jobs", ApiStory.Json(job));
        Assert.Equal(429, (int)answer.StatusCode);
        return answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds;
    }

    private async Task<Guid> IdAsync(int status, string answered, string job)
    {
        var (given, answer) = await Story.PostAsync("/api/jobs", job);
        Assert.Equal((status, answered), (given, answer.GetProperty("status").GetString()));
        return answer.GetProperty("id").GetGuid();
    }

    private async Task<(int Status, string Answers)> BatchAsync(int count, string more)
    {
        var jobs = string.Join(',', Enumerable.Repeat($$"""{"kind": "test.job", "payload": 1 {{more}}}""", count));
        var (status, answer) = await Story.PostAsync("/api/jobs/batch", $$"""{"jobs": [{{jobs}}]}""");
        return (status, string.Join(',', answer.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("status").GetString())));
    }
}
