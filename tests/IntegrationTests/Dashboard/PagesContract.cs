using System.Text.RegularExpressions;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Dashboard;

public abstract partial class PagesContract(LedgerFixture fixture) : DashboardContract(fixture)
{
    private const string Thrown = "InvalidOperationException: no customer 7\n   at Shop.Send()";

    [Fact]
    public async Task A_dead_job_is_mended_and_keeps_the_secrets_that_were_not_shown()
    {
        var job = (await DeadAsync(1, Thrown, """{"customer":7,"apiKey":"k"}"""))[0];
        using var visit = await Visit.BeginAsync(Story, ApiScopes.Read | ApiScopes.Operate);
        var (_, page) = await visit.SeeAsync($"/jobs/{job}");
        Assert.DoesNotContain("\"k\"", System.Net.WebUtility.HtmlDecode(page), StringComparison.Ordinal);

        var (status, after) = await visit.DoAsync($"/jobs/{job}/amend", $"/jobs/{job}", new() { ["payload"] = """{ "customer": 8, "apiKey": "•••" }""" });
        Assert.Equal(200, status);
        Assert.Contains("The payload is saved. The job has a new series of attempts.", after, StringComparison.Ordinal);
        Assert.Equal("""{"customer":8,"apiKey":"k"}""", (await Ledger.FindAsync(job, None))!.Payload);
        Assert.Equal(LedgerState.Ready, await StateAsync(job));
        Assert.Equal([("job.retry", job.ToString(), "1 ready, 0 with a key that is taken"), ("job.amend", job.ToString(), "amended")], await AuditAsync());
        Assert.DoesNotContain("The payload is saved", (await visit.SeeAsync($"/jobs/{job}")).Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_payload_that_is_no_json_is_refused_in_a_sentence_and_stays_in_the_form_and_changes_nothing()
    {
        var job = (await DeadAsync(1, Thrown))[0];
        using var visit = await Visit.BeginAsync(Story);
        var (status, page) = await visit.DoAsync($"/jobs/{job}/amend", $"/jobs/{job}", new() { ["payload"] = "{ oops" });
        Assert.Equal(400, status);
        Assert.Matches("role=\"alert\">Nothing was saved: .*expected one JSON value", page);
        Assert.Matches("<textarea [^>]*aria-invalid=\"true\"[^>]*>{ oops</textarea>", page);
        Assert.Equal((LedgerState.Dead, "{}"), (await StateAsync(job), (await Ledger.FindAsync(job, None))!.Payload));
    }

    [Fact]
    public async Task Jobs_that_match_are_counted_before_they_are_cancelled()
    {
        foreach (var i in Enumerable.Range(0, 5))
        {
            await Story.EnqueueAsync(i < 3 ? """, "tenant": "acme" """ : "");
        }

        using var visit = await Visit.BeginAsync(Story);
        Assert.Contains("/jobs/cancel?state=ready&amp;tenant=acme", (await visit.SeeAsync("/jobs?state=ready&tenant=acme")).Page, StringComparison.Ordinal);
        Assert.Matches("3 jobs would be cancelled(?s:.*)<strong>Which:</strong> ready, tenant acme</p>", (await visit.SeeAsync("/jobs/cancel?state=ready&tenant=acme")).Page);
        Assert.Equal(5, (await Ledger.CountsAsync(None)).Ready);
        Assert.Contains("3 jobs cancelled", (await visit.DoAsync("/jobs/cancel?state=ready&tenant=acme")).Page, StringComparison.Ordinal);
        Assert.Equal((2, 3), ((await Ledger.CountsAsync(None)).Ready, (await Ledger.CountsAsync(None)).Cancelled));
        Assert.Equal(400, (await visit.DoAsync("/jobs/cancel")).Status);
        Assert.Equal(400, (await visit.DoAsync("/jobs/cancel?state=dead")).Status);
        Assert.Equal(("jobs.cancel", "jobs?state=ready&tenant=acme", "3 jobs cancelled, 0 asked to stop"), Assert.Single(await AuditAsync()));
    }

    [Fact]
    public async Task Dead_jobs_are_grouped_by_what_they_died_of_and_redriven_by_group()
    {
        await DeadAsync(3, Thrown);
        var other = await DeadAsync(2, "TimeoutException: slow\n   at Shop.Ask()");
        using var visit = await Visit.BeginAsync(Story);
        var (_, page) = await visit.SeeAsync("/dead");
        Assert.Equal(2, Group.Matches(page).Count);
        Assert.Contains("5 jobs in 2 groups", page, StringComparison.Ordinal);
        var link = Group.Matches(page).Select(match => match.Value).First(link => page.IndexOf(link, StringComparison.Ordinal) < page.IndexOf("no customer", StringComparison.Ordinal)
            && page.IndexOf("TimeoutException", StringComparison.Ordinal) < page.IndexOf(link, StringComparison.Ordinal));
        Assert.Contains("3 jobs will run again.", (await visit.DoAsync($"{link}/redrive")).Page, StringComparison.Ordinal);
        Assert.All(other, id => Assert.Equal(LedgerState.Dead, StateAsync(id).Result));
        Assert.Equal(404, (await visit.SeeAsync(link)).Status);
    }

    [Fact]
    public async Task A_group_and_a_job_are_discarded_after_a_question_and_brought_back()
    {
        await DeadAsync(3, Thrown);
        using var visit = await Visit.BeginAsync(Story);
        var link = Group.Match((await visit.SeeAsync("/dead")).Page).Value;
        Assert.Contains($"{link}/discard", (await visit.SeeAsync(link)).Page, StringComparison.Ordinal);
        Assert.Matches("3 jobs would be given up(?s:.*)<strong>Which:</strong> test.job, InvalidOperationException</p>", (await visit.SeeAsync($"{link}/discard")).Page);
        Assert.Equal(3, (await Ledger.CountsAsync(None)).DeadNow);
        Assert.Contains("3 jobs discarded", (await visit.DoAsync($"{link}/discard")).Page, StringComparison.Ordinal);
        Assert.Contains("3 jobs would get a new series", (await visit.SeeAsync("/jobs/redrive?discarded=true")).Page, StringComparison.Ordinal);
        Assert.Contains("/jobs/redrive?discarded=true", (await visit.SeeAsync("/jobs?discarded=true")).Page, StringComparison.Ordinal);
        Assert.Contains("3 jobs will run again.", (await visit.DoAsync("/jobs/redrive?discarded=true")).Page, StringComparison.Ordinal);
        Assert.Equal((3, 0, 0), ((await Ledger.CountsAsync(None)).Ready, (await Ledger.CountsAsync(None)).DeadNow, (await Ledger.CountsAsync(None)).Cancelled));

        var job = (await DeadAsync(1, "another", kind: "test.other"))[0];
        Assert.Contains($"action=\"/jobs/{job}/discard\"", (await visit.SeeAsync($"/jobs/{job}")).Page, StringComparison.Ordinal);
        Assert.Contains("The job is discarded.", (await visit.DoAsync($"/jobs/{job}/discard")).Page, StringComparison.Ordinal);
        Assert.Contains("test discarded it", (await visit.SeeAsync($"/jobs/{job}")).Page, StringComparison.Ordinal);
        Assert.Contains("Only a dead job is discarded", (await visit.DoAsync($"/jobs/{job}/discard")).Page, StringComparison.Ordinal);
        Assert.Contains("new series of attempts", (await visit.DoAsync($"/jobs/{job}/retry")).Page, StringComparison.Ordinal);
        Assert.Equal(LedgerState.Ready, await StateAsync(job));
        Assert.Contains("1 job discarded", await DiscardAllAsync(visit), StringComparison.Ordinal);
    }

    private async Task<string> DiscardAllAsync(Visit visit)
    {
        await DeadAsync(1, "a third", kind: "test.third");
        Assert.Contains("1 job would be given up", (await visit.SeeAsync("/jobs/discard?state=dead&kind=test.third")).Page, StringComparison.Ordinal);
        return (await visit.DoAsync("/jobs/discard?state=dead&kind=test.third")).Page;
    }

    [Fact]
    public async Task A_ramp_goes_on_while_jobs_succeed_and_stops_when_the_failure_comes_back()
    {
        await DeadAsync(60, Thrown);
        using var visit = await Visit.BeginAsync(Story);
        var link = Group.Match((await visit.SeeAsync("/dead")).Page).Value;
        Assert.Contains("The ramp has begun", (await visit.DoAsync($"{link}/ramp")).Page, StringComparison.Ordinal);

        await RampedAsync(ready: 5);
        Assert.Equal(5, await SettleAsync(Ending.Completed));
        await RampedAsync(ready: 6);
        await SettleAsync(Ending.DeadLettered, Thrown);
        await Servers.Eventually.HoldsAsync(async () => (await visit.SeeAsync(link)).Page.Contains("Stopped: the failure came back in 6 of 6 jobs.", StringComparison.Ordinal));
        Assert.Equal((0, 55), ((await Ledger.CountsAsync(None)).Ready, (await Ledger.CountsAsync(None)).DeadNow));
        // The page tells of the end as soon as it is known, the audit once it is written.
        await Servers.Eventually.HoldsAsync(async () => (await AuditAsync()).Select(entry => entry.What).SequenceEqual(["ramp.end", "job.retry", "job.retry"]));
    }

    [Fact]
    public async Task A_pause_is_set_shown_and_ended()
    {
        using var visit = await Visit.BeginAsync(Story);
        Assert.Contains("The tenant acme is paused", (await visit.DoAsync("/pauses", "/queues", new() { ["scope"] = "tenant", ["name"] = "acme", ["reason"] = "their database is down" })).Page, StringComparison.Ordinal);
        var (_, page) = await visit.SeeAsync("/");
        Assert.Contains("The tenant acme was paused by test", page, StringComparison.Ordinal);
        Assert.Contains("their database is down", page, StringComparison.Ordinal);
        Assert.Contains("goes on", (await visit.DoAsync("/pauses/end", "/queues", new() { ["scope"] = "tenant", ["name"] = "acme" })).Page, StringComparison.Ordinal);
        Assert.Equal(400, (await visit.DoAsync("/pauses", "/queues", new() { ["scope"] = "tenant", ["name"] = "NO" })).Status);
        Assert.Equal(400, (await visit.DoAsync("/pauses", "/queues", new() { ["scope"] = "planet", ["name"] = "acme" })).Status);
        Assert.Equal(["tenant.resume", "tenant.pause"], (await AuditAsync()).Select(entry => entry.What));
    }

    [Fact]
    public async Task Secrets_are_shown_to_an_admin_who_asks_and_that_is_recorded()
    {
        var job = (await DeadAsync(1, Thrown, """{"password":"hunter2"}"""))[0];
        using var visit = await Visit.BeginAsync(Story);
        Assert.DoesNotContain("hunter2", (await visit.SeeAsync($"/jobs/{job}")).Page, StringComparison.Ordinal);
        Assert.Contains("hunter2", (await visit.DoAsync($"/jobs/{job}/secrets")).Page, StringComparison.Ordinal);
        Assert.Equal("job.reveal", Assert.Single(await AuditAsync()).What);
        Assert.Contains("job.reveal", (await visit.SeeAsync("/audit")).Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_wrong_comes_first()
    {
        using var visit = await Visit.BeginAsync(Story);
        Assert.Contains("Nothing is wrong", (await visit.SeeAsync("/")).Page, StringComparison.Ordinal);
        await Story.EnqueueAsync(""", "queue": "mail" """);
        var (_, page) = await visit.SeeAsync("/");
        Assert.Contains("No live worker reads the queue mail", page, StringComparison.Ordinal);
        await DeadAsync(2, Thrown, kind: "shop.mail");
        Assert.Contains("2 jobs of the kind shop.mail are dead", (await visit.SeeAsync("/")).Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jobs_are_read_a_page_at_a_time()
    {
        await DeadAsync(120, Thrown);
        using var visit = await Visit.BeginAsync(Story);
        var (pages, path, seen) = (0, "/jobs?state=dead", new HashSet<string>());
        while (path is not null && pages++ < 10)
        {
            var (_, page) = await visit.SeeAsync(path);
            seen.UnionWith(JobLink.Matches(page).Select(match => match.Value));
            path = NextLink.Match(page) is { Success: true } next ? System.Net.WebUtility.HtmlDecode(next.Groups["href"].Value) : null;
        }

        Assert.Equal((3, 120), (pages, seen.Count));
    }

    /// <summary>The ramp's own clock takes it on.</summary>
    private Task RampedAsync(int ready) => Servers.Eventually.HoldsAsync(async () => (await Ledger.CountsAsync(None)).Ready == ready);

    [GeneratedRegex("/dead/[0-9a-f]{16}", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Group { get; }

    [GeneratedRegex("href=\"/jobs/[0-9a-f-]{36}\"", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex JobLink { get; }

    [GeneratedRegex("rel=\"next\" href=\"(?<href>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex NextLink { get; }
}

public sealed class SqlitePages(SqliteLedgerFixture fixture) : PagesContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresPages(PostgresLedgerFixture fixture) : PagesContract(fixture), IClassFixture<PostgresLedgerFixture>;
