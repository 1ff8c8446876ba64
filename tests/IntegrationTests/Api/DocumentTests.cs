using System.Text.Json;
using BusJobs.Api.Enqueue;
using BusJobs.IntegrationTests.Ledger;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Api;

public sealed class DocumentTests(SqliteLedgerFixture fixture) : ApiContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    [Fact]
    public async Task The_document_has_every_endpoint_with_its_scope_and_its_refusals()
    {
        var (_, document) = await Story.GetAsync("/api/openapi.json");
        var endpoints = Story.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(endpoint => (Path: endpoint.RoutePattern.RawText!, Method: endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0].ToLowerInvariant()))
            .Where(endpoint => endpoint.Path.StartsWith("/api/", StringComparison.Ordinal) && !endpoint.Path.Contains("openapi", StringComparison.Ordinal)).ToList();
        Assert.InRange(endpoints.Count, 18, 100);
        Assert.All(endpoints, endpoint =>
        {
            var operation = document.GetProperty("paths").GetProperty(endpoint.Path).GetProperty(endpoint.Method);
            Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
            Assert.Contains("Needs the scope", operation.GetProperty("description").GetString(), StringComparison.Ordinal);
            Assert.All(["401", "403", "503"], status => Assert.True(operation.GetProperty("responses").TryGetProperty(status, out _)));
        });
    }

    [Fact]
    public async Task A_job_is_described_by_the_members_that_are_read()
    {
        var (_, document) = await Story.GetAsync("/api/openapi.json");
        var schemas = document.GetProperty("components").GetProperty("schemas");
        Assert.Equal(JobRequest.Members.Order(), Members(schemas, "JobRequest").Order());
        Assert.Equal(["key", "replace", "ttl", "whenRunning", "window"], Members(schemas, "UniqueRequest").Order());
        Assert.Equal(["kind", "payload"], schemas.GetProperty("JobRequest").GetProperty("required").EnumerateArray().Select(name => name.GetString()!).Order());
    }

    private static IEnumerable<string> Members(JsonElement schemas, string name) =>
        schemas.GetProperty(name).GetProperty("properties").EnumerateObject().Select(property => property.Name);
}
