using System.Text.Json;
using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Api;

public abstract class EnqueueContract(LedgerFixture fixture) : ApiContract(fixture)
{
    private const string Known = "0198a1b2-0000-7000-8000-000000000001";

    [Fact]
    public async Task A_job_is_enqueued_as_it_was_described()
    {
        using var response = await Story.Http.PostAsync("/api/jobs", ApiStory.Json(
            """
            {"kind": "test.job", "payload": {"a": [1.50, "<b>"]}, "queue": "slow", "priority": 7, "delay": "1h", "maxAttempts": 3, "timeout": "90s",
             "tenant": "acme", "tags": ["red", "blue"]}
            """));
        var (status, answer) = await ApiStory.ReadAsync(response);
        Assert.Equal((202, "enqueued"), (status, answer.GetProperty("status").GetString()));
        Assert.Equal($"/api/jobs/{answer.GetProperty("id").GetGuid()}", response.Headers.Location?.ToString());

        var (_, job) = await Story.GetAsync(response.Headers.Location!.ToString());
        Assert.Equal("""{"a": [1.50, "<b>"]}""", job.GetProperty("payload").GetRawText());
        Assert.Equal(("slow", "scheduled", 7), (job.GetProperty("queue").GetString(), job.GetProperty("state").GetString(), job.GetProperty("priority").GetInt32()));
        Assert.Equal((3, 90), (job.GetProperty("maxAttempts").GetInt32(), job.GetProperty("timeoutSeconds").GetInt32()));
        Assert.Equal(("acme", 2), (job.GetProperty("tenant").GetString(), job.GetProperty("tags").GetArrayLength()));
        Assert.Equal(TimeSpan.FromHours(1), job.GetProperty("runAt").GetDateTimeOffset() - job.GetProperty("enqueuedAt").GetDateTimeOffset());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("\"\"")]
    [InlineData("{\"$type\": \"System.Diagnostics.Process, System\", \"__proto__\": {}}")]
    [InlineData("\"{{7*7}}=cmd|'<script>\"")]
    public async Task Any_JSON_is_a_payload_and_comes_back_as_it_was(string payload)
    {
        var (status, answer) = await Story.PostAsync("/api/jobs", $$"""{"kind": "test.job", "payload": {{payload}}}""");
        Assert.Equal(202, status);
        var (_, job) = await Story.GetAsync($"/api/jobs/{answer.GetProperty("id").GetGuid()}");
        Assert.Equal(payload, job.GetProperty("payload").GetRawText());
    }

    [Fact]
    public async Task A_time_in_the_past_means_now_and_null_is_as_good_as_nothing()
    {
        var id = await Story.EnqueueAsync(""", "runAt": "1999-12-31T23:59:59+01:00", "tenant": null, "unique": null, "tags": null""");
        Assert.Equal(LedgerState.Ready, (await Story.Ledger.FindAsync(id, CancellationToken.None))!.State);
    }

    [Fact]
    public async Task An_id_that_is_known_is_a_duplicate()
    {
        Assert.Equal(Guid.Parse(Known), await Story.EnqueueAsync($$""", "id": "{{Known.ToUpperInvariant()}}" """));
        var (status, answer) = await Story.PostAsync("/api/jobs", $$"""{"kind": "test.other", "payload": 1, "id": "{{Known}}"}""");
        Assert.Equal((200, "duplicate", Known), (status, answer.GetProperty("status").GetString(), answer.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task A_repeat_with_the_same_idempotency_key_is_answered_with_the_first_job()
    {
        var first = await KeyedAsync("order-1", """{"kind": "test.job", "payload": {"n": 1}}""");
        var again = await KeyedAsync("order-1", """{"kind": "test.job", "payload": {"n": 1}}""");
        var other = await KeyedAsync("order-2", """{"kind": "test.job", "payload": {"n": 1}}""");
        Assert.Equal((202, 200, 202), (first.Status, again.Status, other.Status));
        Assert.Equal(first.Body.GetProperty("id").GetGuid(), again.Body.GetProperty("id").GetGuid());
        Assert.NotEqual(first.Body.GetProperty("id").GetGuid(), other.Body.GetProperty("id").GetGuid());
    }

    [Theory]
    [InlineData("""{"kind": "test.job", "payload": {"n": 2}}""")]
    [InlineData("""{"kind": "test.other", "payload": {"n": 1}}""")]
    [InlineData("""{"kind": "test.job", "payload": {"n": 1}, "queue": "slow"}""")]
    [InlineData("""{"kind": "test.job", "payload": {"n": 1}, "tags": ["a"]}""")]
    public async Task The_same_idempotency_key_with_another_body_is_refused(string other)
    {
        await KeyedAsync("order-1", """{"kind": "test.job", "payload": {"n": 1}}""");
        Assert.Equal(422, (await KeyedAsync("order-1", other)).Status);
        Assert.Equal(1, (await Story.Ledger.CountsAsync(CancellationToken.None)).Live);
    }

    [Fact]
    public async Task An_idempotency_key_goes_with_no_id_and_no_batch()
    {
        Assert.Equal(400, (await KeyedAsync("k", $$"""{"kind": "test.job", "payload": {}, "id": "{{Known}}"}""")).Status);
        Assert.Equal(400, (await KeyedAsync("k", """{"jobs": [{"kind": "test.job", "payload": {}}]}""", "/api/jobs/batch")).Status);
    }

    [Fact]
    public async Task Many_repeats_at_once_are_one_job()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => KeyedAsync("raced", """{"kind": "test.job", "payload": {}}""")));
        Assert.Single(answers, answer => answer.Status == 202);
        Assert.Single(answers.Select(answer => answer.Body.GetProperty("id").GetGuid()).Distinct());
        Assert.Equal(1, (await Story.Ledger.CountsAsync(CancellationToken.None)).Live);
    }

    [Fact]
    public async Task A_batch_is_answered_job_by_job()
    {
        await Story.EnqueueAsync($$""", "id": "{{Known}}" """);
        var (status, answer) = await Story.PostAsync("/api/jobs/batch", $$"""
            {"jobs": [{"kind": "test.job", "payload": 1}, {"kind": "test.job", "payload": 2, "id": "{{Known}}"}, {"kind": "test.job", "payload": 3, "delay": "1h"}]}
            """);
        var results = answer.GetProperty("results").EnumerateArray().ToList();
        Assert.Equal((202, 3), (status, results.Count));
        Assert.Equal(["enqueued", "duplicate", "enqueued"], results.Select(result => result.GetProperty("status").GetString()!));
        Assert.Equal(Known, results[1].GetProperty("id").GetString());
        Assert.Equal("3", (await Story.Ledger.FindAsync(results[2].GetProperty("id").GetGuid(), CancellationToken.None))!.Payload);
        var (again, _) = await Story.PostAsync("/api/jobs/batch", $$"""{"jobs": [{"kind": "test.job", "payload": 2, "id": "{{Known}}"}]}""");
        Assert.Equal(200, again);
    }

    [Fact]
    public async Task A_thousand_jobs_at_once_are_all_in_the_ledger()
    {
        var jobs = string.Join(",", Enumerable.Range(0, 1_000).Select(n => $$"""{"kind": "test.job", "payload": {{n}}}"""));
        var (status, answer) = await Story.PostAsync("/api/jobs/batch", $$"""{"jobs": [{{jobs}}]}""");
        Assert.Equal(202, status);
        Assert.Equal(1_000, answer.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("id").GetGuid()).Distinct().Count());
        Assert.Equal(1_000, (await Story.Ledger.CountsAsync(CancellationToken.None)).Ready);
    }

    private async Task<(int Status, JsonElement Body)> KeyedAsync(string key, string body, string path = "/api/jobs")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = ApiStory.Json(body), Headers = { { "Idempotency-Key", key } } };
        using var response = await Story.Http.SendAsync(request);
        return await ApiStory.ReadAsync(response);
    }
}
