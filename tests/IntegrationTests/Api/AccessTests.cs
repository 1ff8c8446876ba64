using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Api;

public sealed class AccessTests(SqliteLedgerFixture fixture) : ApiContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    [Fact]
    public async Task A_key_that_expired_or_was_revoked_or_is_wrong_opens_nothing()
    {
        var soon = await Story.KeyAsync(ApiScopes.Read, lifetime: TimeSpan.FromTicks(1));
        var revoked = await Story.KeyAsync(ApiScopes.Read);
        Assert.True(ApiKeyText.TryRead(revoked, out var id, out _));
        await Story.Ledger.RevokeKeyAsync(id, TimeProvider.System.GetUtcNow(), CancellationToken.None);
        foreach (var key in new[] { soon, revoked, Story.Key[..^2] + "AA", Story.Key.Replace("bj_", "bk_", StringComparison.Ordinal), "x" })
        {
            using var http = Story.Caller(key);
            Assert.Equal(401, (await Story.GetAsync("/api/jobs", http)).Status);
        }
    }

    [Fact]
    public async Task The_use_of_a_key_is_noted()
    {
        Assert.Equal(200, (await Story.GetAsync("/api/jobs")).Status);
        Assert.True(ApiKeyText.TryRead(Story.Key, out var id, out _));
        Assert.NotNull((await Story.Ledger.FindKeyAsync(id, CancellationToken.None))!.LastUsedAt);
    }

    [Fact]
    public async Task A_tenants_key_sees_makes_and_changes_its_own_jobs_only()
    {
        using var acme = Story.Caller(await Story.KeyAsync(ApiScopes.Admin, "acme"));
        var foreign = await Story.EnqueueAsync(""", "tenant": "other" """);
        var own = await Story.EnqueueAsync("", acme);

        Assert.Equal("acme", (await Story.Ledger.FindAsync(own, CancellationToken.None))!.Tenant);
        Assert.Equal(403, (await Story.PostAsync("/api/jobs", """{"kind": "test.job", "payload": 1, "tenant": "other"}""", acme)).Status);
        Assert.Equal(404, (await Story.GetAsync($"/api/jobs/{foreign}", acme)).Status);
        Assert.Equal(404, (await Story.PostAsync($"/api/jobs/{foreign}/cancel", "", acme)).Status);
        Assert.Equal(404, (await Story.PostAsync($"/api/jobs/{foreign}/retry", "", acme)).Status);
        Assert.Equal(400, (await Story.PostAsync("/api/jobs/redrive", """{"tenant": "other"}""", acme)).Status);
        Assert.Equal(404, (await Story.PostAsync($"/api/jobs/{foreign}/discard", "", acme)).Status);
        Assert.Equal(400, (await Story.PostAsync("/api/jobs/discard", """{"tenant": "other"}""", acme)).Status);
        Assert.Equal(400, (await Story.PostAsync("/api/jobs/cancel", """{"tenant": "other"}""", acme)).Status);
        Assert.Equal(400, (await Story.GetAsync("/api/jobs?tenant=other", acme)).Status);
        var (_, page) = await Story.GetAsync("/api/jobs", acme);
        Assert.Equal(own, Assert.Single(page.GetProperty("jobs").EnumerateArray()).GetProperty("id").GetGuid());
        var (_, cancelled) = await Story.PostAsync("/api/jobs/cancel", """{"all": true}""", acme);
        Assert.Equal((1, 0), (cancelled.GetProperty("cancelled").GetInt32(), cancelled.GetProperty("requested").GetInt32()));
        Assert.Equal(LedgerState.Ready, (await Story.Ledger.FindAsync(foreign, CancellationToken.None))!.State);
    }

    [Fact]
    public async Task Failed_tries_are_bounded_and_do_not_lock_out_who_is_known()
    {
        Assert.Equal(200, (await Story.GetAsync("/api/jobs")).Status);
        var answers = new List<int>();
        for (var i = 0; i < 25; i++)
        {
            using var guess = Story.Caller($"bj_{i:x12}_{new string('A', 43)}");
            using var response = await guess.GetAsync("/api/jobs");
            answers.Add((int)response.StatusCode);
            Assert.Equal(i >= 20, response.Headers.RetryAfter is not null);
        }

        Assert.Equal(Enumerable.Repeat(401, 20).Concat(Enumerable.Repeat(429, 5)), answers);
        Assert.Equal(200, (await Story.GetAsync("/api/jobs")).Status);
    }

    [Theory]
    [InlineData("Basic dXNlcjpwYXNz")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("bj_0123456789ab")]
    public async Task Another_kind_of_authorization_is_told_what_is_expected(string authorization)
    {
        using var http = Story.Caller(key: null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/jobs");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await http.SendAsync(request);
        Assert.Equal(401, (await ApiStory.ReadAsync(response)).Status);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task A_key_in_the_query_opens_nothing()
    {
        using var http = Story.Caller(key: null);
        Assert.Equal(401, (await Story.GetAsync($"/api/jobs?key={Story.Key}&access_token={Story.Key}", http)).Status);
    }
}
