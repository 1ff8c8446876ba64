using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Api;

/// <summary>Limits, set and lifted over HTTP while everything runs.</summary>
public abstract class ApiLimitContract(LedgerFixture fixture) : ApiContract(fixture)
{
    [Fact]
    public async Task Limits_are_set_shown_kept_and_lifted()
    {
        await Story.PutAsync("/api/limits/kinds/test.job", """{"maxRunning": 1, "rate": {"starts": 5, "per": "10s"}}""");
        await Story.PutAsync("/api/limits/tenants/*", """{"weight": 3}""");
        await Story.PutAsync("/api/limits/per-minute/test.job", """{"jobs": 7, "tenant": "acme"}""");
        var (_, limits) = await Story.GetAsync("/api/limits");
        Assert.Equal(
            ["kind test.job 1 5 10 ", "tenant *    3"],
            limits.GetProperty("dispatch").EnumerateArray().Select(limit => string.Join(' ', limit.EnumerateObject().Select(member => member.Value.ToString()))));
        Assert.Equal(
            ["perMinute test.job acme 7"],
            limits.GetProperty("door").EnumerateArray().Select(limit => string.Join(' ', limit.EnumerateObject().Select(member => member.Value.ToString()))));
        await Story.EnqueueAsync();
        await Story.EnqueueAsync();
        Assert.Equal(1, await StartedAsync());

        await Story.LiftAsync("/api/limits/kinds/test.job");
        await Story.LiftAsync("/api/limits/tenants/*");
        await Story.LiftAsync("/api/limits/per-minute/test.job?tenant=acme");
        (_, limits) = await Story.GetAsync("/api/limits");
        Assert.Equal((0, 0), (limits.GetProperty("dispatch").GetArrayLength(), limits.GetProperty("door").GetArrayLength()));
    }

    [Theory]
    [InlineData("/api/limits/kinds/test.job", "{}", "", "one of maxRunning, rate, weight")]
    [InlineData("/api/limits/kinds/test.job", """{"maxRunning": 0}""", "/maxRunning", "1 to 1,000,000")]
    [InlineData("/api/limits/kinds/test.job", """{"maxRunning": "3"}""", "/maxRunning", "1 to 1,000,000")]
    [InlineData("/api/limits/kinds/test.job", """{"weight": 2}""", "/weight", "shares are between tenants")]
    [InlineData("/api/limits/kinds/test.job", """{"rate": {"starts": 5}}""", "/rate/per", "1s to 1d")]
    [InlineData("/api/limits/kinds/test.job", """{"rate": {"starts": 5, "per": "2d"}}""", "/rate/per", "1 second to 1 day")]
    [InlineData("/api/limits/kinds/test.job", """{"rate": {"starts": -5, "per": "2s"}}""", "/rate/starts", "1 to 1,000,000")]
    [InlineData("/api/limits/tenants/acme", """{"weight": 101}""", "/weight", "1 to 100")]
    [InlineData("/api/limits/tenants/acme", """{"most": 1}""", "/most", "one of maxRunning, rate, weight")]
    [InlineData("/api/limits/depth/default", "{}", "/jobs", "1 to 100,000,000")]
    [InlineData("/api/limits/depth/default", """{"jobs": 1e9}""", "/jobs", "1 to 100,000,000")]
    [InlineData("/api/limits/depth/default", """{"jobs": 1, "tenant": "acme"}""", "/tenant", "one of jobs")]
    [InlineData("/api/limits/per-minute/test.job", """{"jobs": 1, "tenant": "A b"}""", "/tenant", "1 to 63 characters")]
    public async Task A_limit_that_cannot_be_is_refused_in_a_sentence_with_its_place(string path, string body, string pointer, string says)
    {
        var (status, problem) = await Story.SendAsync(HttpMethod.Put, path, body);
        Assert.Equal((400, pointer), (status, problem.GetProperty("errors")[0].GetProperty("pointer").GetString()));
        Assert.Contains(says, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
