using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Dashboard;

public sealed class TracePageTests(SqliteLedgerFixture fixture) : DashboardContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Fact]
    public async Task Every_attempt_names_the_trace_that_its_span_is_in_and_says_nothing_where_none_is_known()
    {
        var traced = NewJob.From(Kind, "default", "{}", new EnqueueOptions { TraceParent = $"00-{Trace}-00f067aa0ba902b7-01" }, TimeProvider.System);
        await Ledger.InsertManyAsync([traced], transaction: null, None);
        await SettleAsync(Ending.DeadLettered, "x");
        await Ledger.RedriveAsync(new DeadFilter(traced.Id), now: null, None);
        await SettleAsync(Ending.DeadLettered, "x");
        using var visit = await Visit.BeginAsync(Story, ApiScopes.Read);
        var (_, page) = await visit.SeeAsync($"/jobs/{traced.Id}");
        Assert.Contains($"attempt 1, dispatch 1, trace <code>{Trace}</code>", page, StringComparison.Ordinal);
        Assert.Contains($"attempt 1, dispatch 2, trace <code>{Trace}</code>", page, StringComparison.Ordinal);
        Assert.Equal(Trace, (await Story.GetAsync($"/api/jobs/{traced.Id}")).Body.GetProperty("traceId").GetString());

        var plain = (await DeadAsync(1, "x"))[0];
        Assert.DoesNotContain("trace <code>", (await visit.SeeAsync($"/jobs/{plain}")).Page, StringComparison.Ordinal);
        Assert.Null((await Story.GetAsync($"/api/jobs/{plain}")).Body.GetProperty("traceId").GetString());
    }
}
