using System.Net;
using BusJobs.Api.Access;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Api;

public sealed class AccessTests(SqliteLedgerFixture fixture) : ApiContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    private static readonly string[] Open = ["/signin", "/signout", "/files/{name}"];

    [Fact]
    public async Task Every_endpoint_is_closed_but_to_its_scope()
    {
        var endpoints = Story.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().ToList();
        Assert.InRange(endpoints.Count, 40, 200);
        var keys = new Dictionary<ApiScopes, HttpClient>();
        foreach (var scope in Enum.GetValues<ApiScopes>())
        {
            keys[scope] = Story.Caller(await Story.KeyAsync(scope == ApiScopes.None ? ApiScopes.Enqueue : scope));
        }

        using var nobody = Story.Caller(key: null);
        using var tenant = Story.Caller(await Story.KeyAsync(ApiScopes.Admin, "acme"));
        foreach (var endpoint in endpoints.Where(endpoint => !Open.Contains(endpoint.RoutePattern.RawText)))
        {
            var needed = endpoint.Metadata.GetMetadata<NeededScope>();
            Assert.Null(endpoint.Metadata.GetMetadata<IAllowAnonymous>());
            // A person is asked to sign in; a program is told.
            var isPage = endpoint.Metadata.GetMetadata<PageMark>() is not null && endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0] == "GET";
            Assert.Equal((endpoint.DisplayName, isPage ? 303 : 401), (endpoint.DisplayName, await CallAsync(endpoint, nobody)));
            foreach (var (scope, http) in keys.Where(key => key.Key != ApiScopes.None))
            {
                var isLetIn = needed is not null && (scope == needed.Scope || scope == ApiScopes.Admin);
                Assert.Equal((endpoint.DisplayName, scope, isLetIn), (endpoint.DisplayName, scope, await CallAsync(endpoint, http) != 403));
            }

            Assert.Equal((endpoint.DisplayName, needed is { AllTenants: false }), (endpoint.DisplayName, await CallAsync(endpoint, tenant) != 403));
        }
    }

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
        Assert.Equal(400, (await Story.GetAsync("/api/jobs?tenant=other", acme)).Status);
        var (_, page) = await Story.GetAsync("/api/jobs", acme);
        Assert.Equal(own, Assert.Single(page.GetProperty("jobs").EnumerateArray()).GetProperty("id").GetGuid());
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

    private static async Task<int> CallAsync(RouteEndpoint endpoint, HttpClient http)
    {
        var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET";
        var path = endpoint.RoutePattern.RawText!.Replace("{id}", Guid.Empty.ToString(), StringComparison.Ordinal)
            .Replace("{kind}", "x", StringComparison.Ordinal).Replace("{name}", "x", StringComparison.Ordinal).Replace("{documentName}", "v1", StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.NotEqual(HttpStatusCode.InternalServerError, response.StatusCode);
        return (int)response.StatusCode;
    }
}
