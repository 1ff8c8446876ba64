using System.Text.RegularExpressions;
using BusJobs.Api.Access;
using BusJobs.IntegrationTests.Ledger;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Api;

/// <summary>Callers without a key: near ones in Development, and browsers that followed a sign-in link.</summary>
public sealed partial class NearTests(SqliteLedgerFixture fixture) : IClassFixture<SqliteLedgerFixture>, IAsyncLifetime
{
    private ApiStory development = null!;
    private ApiStory production = null!;

    public async Task InitializeAsync()
    {
        await fixture.EmptyAsync();
        await using (var ledger = fixture.OpenAnother())
        {
            await ledger.MigrateAsync(CancellationToken.None);
        }

        development = await ApiStory.StartAsync(fixture, "Development");
        production = await ApiStory.StartAsync(fixture);
    }

    public async Task DisposeAsync()
    {
        await development.DisposeAsync();
        await production.DisposeAsync();
    }

    [Fact]
    public async Task In_development_a_near_caller_reads_and_enqueues_and_no_more()
    {
        using var near = development.Caller(key: null);
        var id = await development.EnqueueAsync("", near);
        Assert.Equal(200, (await development.GetAsync("/api/jobs", near)).Status);
        Assert.Equal(200, (await development.GetAsync("/api/openapi.json", near)).Status);
        Assert.Equal(403, (await development.PostAsync($"/api/jobs/{id}/cancel", "", near)).Status);
        Assert.Equal(403, (await development.GetAsync("/unlabelled", near)).Status);
        Assert.Equal(404, (await development.GetAsync("/api/nowhere", near)).Status);
    }

    [Theory]
    [InlineData("Host", "evil.example", 401)]
    [InlineData("Host", "127.0.0.1.evil.example", 401)]
    [InlineData("Host", "localhost.", 401)]
    [InlineData("Host", "localhost:1", 200)]
    [InlineData("X-Forwarded-For", "203.0.113.7", 401)]
    [InlineData("Forwarded", "for=203.0.113.7", 401)]
    [InlineData("Via", "1.1 proxy", 401)]
    [InlineData("X-Real-IP", "203.0.113.7", 401)]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Sec-Fetch-Site", "cross-site", 403)]
    [InlineData("Sec-Fetch-Site", "same-site", 403)]
    [InlineData("Sec-Fetch-Site", "none", 200)]
    [InlineData("Sec-Fetch-Site", "same-origin", 200)]
    public async Task Who_may_be_far_or_comes_from_another_page_is_not_near(string header, string value, int expected)
    {
        using var near = development.Caller(key: null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/jobs");
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await near.SendAsync(request);
        Assert.Equal(expected, (await ApiStory.ReadAsync(response)).Status);
    }

    [Fact]
    public async Task Outside_development_nothing_is_open()
    {
        using var near = production.Caller(key: null);
        Assert.Equal(401, (await production.GetAsync("/api/jobs", near)).Status);
        Assert.Equal(401, (await production.PostAsync("/api/jobs", """{"kind": "test.job", "payload": 1}""", near)).Status);
        Assert.Equal(401, (await production.GetAsync("/api/nowhere", near)).Status);
    }

    [Fact]
    public async Task A_sign_in_link_makes_a_key_and_a_session_once()
    {
        var link = $"/signin?token={production.Services.GetRequiredService<Sessions>().OfferLink()}";
        using var near = production.Caller(key: null);
        using var response = await near.GetAsync(link);
        Assert.Equal(200, (int)response.StatusCode);
        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"));
        Assert.All(["httponly", "samesite=strict", "path=/"], word => Assert.Contains(word, cookie, StringComparison.OrdinalIgnoreCase));
        using (var withKey = production.Caller(Key.Match(await response.Content.ReadAsStringAsync()).Value))
        {
            Assert.Equal(200, (await production.GetAsync("/api/queues", withKey)).Status);
        }

        Assert.Equal(403, await StatusAsync(link, near));
        Assert.Equal(200, await WithCookieAsync(cookie, HttpMethod.Get));
        Assert.Equal(202, await WithCookieAsync(cookie, HttpMethod.Post));
        Assert.Equal(403, await WithCookieAsync(cookie, HttpMethod.Post, ("Origin", "https://evil.example")));
        Assert.Equal(403, await WithCookieAsync(cookie, HttpMethod.Post, ("Sec-Fetch-Site", "cross-site")));
        Assert.Equal(401, await WithCookieAsync(cookie.Replace("busjobs-session=", "busjobs-session=x", StringComparison.Ordinal), HttpMethod.Get));
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("X-Forwarded-For", "203.0.113.7")]
    public async Task A_sign_in_link_is_for_this_machine(string header, string value)
    {
        var token = production.Services.GetRequiredService<Sessions>().OfferLink();
        using var far = production.Caller(key: null);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/signin?token={token}");
        request.Headers.TryAddWithoutValidation(header, value);
        using var refused = await far.SendAsync(request);
        Assert.Equal(403, (int)refused.StatusCode);
        using var near = await far.GetAsync($"/signin?token={token}");
        Assert.Equal(200, (int)near.StatusCode);
    }

    [Theory]
    [InlineData("/signin", 200)]
    [InlineData("/signin?token=", 200)]
    [InlineData("/signin?token=x", 403)]
    public async Task A_made_up_link_opens_nothing(string link, int expected)
    {
        using var near = production.Caller(key: null);
        using var response = await near.GetAsync(link);
        Assert.Equal(expected, (int)response.StatusCode);
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    private static async Task<int> StatusAsync(string path, HttpClient http)
    {
        using var response = await http.GetAsync(path);
        return (int)response.StatusCode;
    }

    [GeneratedRegex("bj_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Key { get; }

    private async Task<int> WithCookieAsync(string cookie, HttpMethod method, params (string Name, string Value)[] headers)
    {
        using var http = production.Caller(key: null);
        using var request = new HttpRequestMessage(method, "/api/jobs");
        request.Headers.Add("Cookie", cookie.Split(';')[0]);
        request.Content = method == HttpMethod.Post ? ApiStory.Json("""{"kind": "test.job", "payload": 1}""") : null;
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request);
        return (await ApiStory.ReadAsync(response)).Status;
    }
}
