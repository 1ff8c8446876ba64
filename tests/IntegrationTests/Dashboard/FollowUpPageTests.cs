using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Wire;

namespace BusJobs.IntegrationTests.Dashboard;

public sealed class FollowUpPageTests(SqliteLedgerFixture fixture) : DashboardContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    [Fact]
    public async Task A_job_leads_to_those_that_its_success_enqueued_and_back()
    {
        var (own, foreign) = (FollowUp("acme"), FollowUp("other"));
        var job = await SucceedAsync(own, foreign);
        using var visit = await Visit.BeginAsync(Story, ApiScopes.Read);
        var (_, page) = await visit.SeeAsync($"/jobs/{job}");
        Assert.Contains($"<a href=\"/jobs/{own.Id}\">test.after", page, StringComparison.Ordinal);
        Assert.Contains($"<a href=\"/jobs/{foreign.Id}\">test.after", page, StringComparison.Ordinal);
        Assert.Contains($"<dt>Follows</dt><dd><a href=\"/jobs/{job}\">", (await visit.SeeAsync($"/jobs/{own.Id}")).Page, StringComparison.Ordinal);

        using var bound = await Visit.BeginAsync(Story, ApiScopes.Read, "acme");
        var (_, seen) = await bound.SeeAsync($"/jobs/{job}");
        Assert.Contains(own.Id.ToString(), seen, StringComparison.Ordinal);
        Assert.DoesNotContain(foreign.Id.ToString(), seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_api_tells_what_a_job_follows_and_what_follows_it()
    {
        var (own, foreign) = (FollowUp("acme"), FollowUp("other"));
        var job = await SucceedAsync(own, foreign);
        Assert.Equal(new[] { own.Id, foreign.Id }.Order(), await FollowUpsAsync(job, Story.Http));
        Assert.Equal(job, (await Story.GetAsync($"/api/jobs/{own.Id}")).Body.GetProperty("follows").GetGuid());

        using var bound = Story.Caller(await Story.KeyAsync(ApiScopes.Read, "acme"));
        Assert.Equal([own.Id], await FollowUpsAsync(job, bound));
    }

    private async Task<IEnumerable<Guid>> FollowUpsAsync(Guid job, HttpClient http) =>
        (await Story.GetAsync($"/api/jobs/{job}", http)).Body.GetProperty("followUps").EnumerateArray().Select(one => one.GetProperty("id").GetGuid()).Order();

    private static NewJob FollowUp(string tenant) =>
        NewJob.From("test.after", "later", "{}", new EnqueueOptions { Tenant = tenant }, TimeProvider.System);

    private async Task<Guid> SucceedAsync(params NewJob[] followUps)
    {
        var job = await Story.EnqueueAsync(""", "tenant": "acme" """);
        var pack = Assert.Single(await DispatchAsync());
        await Ledger.SettleAsync(
            [
                new Settled
                {
                    DispatchId = pack.Id, Worker = "worker-1", Kind = pack.Kind, Queue = pack.Queue, Last = true,
                    Jobs = [new Settlement(job, pack.Jobs[0].Fence, Ending.Completed) { FollowUps = followUps }],
                },
            ],
            now: null, None);
        return job;
    }
}
