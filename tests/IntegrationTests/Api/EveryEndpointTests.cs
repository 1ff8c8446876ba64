using System.Net;
using BusJobs.Api.Access;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using Forge;
using Forge.Pages;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Api;

public sealed class EveryEndpointTests(SqliteLedgerFixture fixture) : ApiContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    private static readonly string[] Open = ["/signin", "/signout", "/files/{name}"];

    /// <summary>With the pages that a host may bring; who may see them is asked before their database, which is not there.</summary>
    private protected override Task<ApiStory> StartAsync()
    {
        var nowhere = new ForgeOptions { DataFolder = Path.Combine(Path.GetTempPath(), "busjobs-nowhere") };
        return ApiStory.StartAsync(
            Fixture,
            services: services => services.AddForge(nowhere).AddForgeHub(nowhere, relay: false).AddForgeHooks(nowhere).AddForgeSearchPage().AddForgeActivityPage().AddForgeWebhookPages(),
            map: app =>
            {
                app.MapForgeSearchPage();
                app.MapForgeActivityPage();
                app.MapForgeWebhookPages();
            });
    }

    [Fact]
    public async Task Every_endpoint_is_closed_but_to_its_scope()
    {
        var endpoints = Story.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().ToList();
        Assert.InRange(endpoints.Count, 40, 200);
        Assert.Superset(new HashSet<string> { "/webhooks/{id:guid}/redeliver", "/activity/{org}/{name}/fill", "/api/jobs/cancel" }, endpoints.Select(endpoint => endpoint.RoutePattern.RawText!).ToHashSet());
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

    private static async Task<int> CallAsync(RouteEndpoint endpoint, HttpClient http)
    {
        var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET";
        var path = endpoint.RoutePattern.RawText!.Replace(":guid}", "}", StringComparison.Ordinal).Replace("{id}", Guid.Empty.ToString(), StringComparison.Ordinal)
            .Replace("{kind}", "x", StringComparison.Ordinal).Replace("{name}", "x", StringComparison.Ordinal).Replace("{documentName}", "v1", StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.NotEqual(HttpStatusCode.InternalServerError, response.StatusCode);
        return (int)response.StatusCode;
    }
}
