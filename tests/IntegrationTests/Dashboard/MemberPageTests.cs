using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Dashboard;

public sealed class MemberPageTests(SqliteLedgerFixture fixture) : DashboardContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    [Fact]
    public async Task Dead_jobs_of_one_customer_are_found_and_retried_and_no_others()
    {
        var own = (await DeadAsync(1, "x", """{"customer": "7&8"}"""))[0];
        var other = (await DeadAsync(1, "x", """{"customer": "9"}"""))[0];
        using var visit = await Visit.BeginAsync(Story);
        var (_, page) = await visit.SeeAsync("/jobs?state=dead&member=customer%3D7%268");
        Assert.Contains("name=\"member\" value=\"customer=7&amp;8\"", page, StringComparison.Ordinal);
        Assert.Contains(own.ToString(), page, StringComparison.Ordinal);
        Assert.DoesNotContain(other.ToString(), page, StringComparison.Ordinal);
        Assert.Contains("/jobs/redrive?state=dead&amp;member=customer%3D7%268", page, StringComparison.Ordinal);

        Assert.Contains("1 job will run again", (await visit.DoAsync("/jobs/redrive?state=dead&member=customer%3D7%268")).Page, StringComparison.Ordinal);
        Assert.Equal((LedgerState.Ready, LedgerState.Dead), (await StateAsync(own), await StateAsync(other)));
    }
}
