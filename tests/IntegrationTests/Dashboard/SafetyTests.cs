using System.Text.RegularExpressions;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Dashboard;

public sealed partial class SafetyTests(SqliteLedgerFixture fixture) : DashboardContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    private const string Hostile = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>{{7*7}}&lt;b&gt;\u202e";

    /// <summary>A script or a style within a page, which its policy would not let run, and nothing else should have put there. What stands between quotes is a value.</summary>
    [GeneratedRegex(@"<script(?! src=""/files/live\.js\?v=[0-9a-f]{12}"" defer=""defer""></script>)|<style|<img|\sstyle=|<[^>""]*(?:""[^""]*""[^>""]*)*\son\w+=|javascript:", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Inline { get; }

    [Fact]
    public async Task Text_that_came_from_outside_is_only_text_on_every_page()
    {
        var reason = "InvalidOperationException: " + Hostile + "\n   at A.B(" + Hostile + ")";
        var job = (await DeadAsync(1, reason, System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string> { [Hostile] = Hostile }), tenant: "acme"))[0];
        await Ledger.PauseAsync(PauseScope.Kind, Kind, "b<b>y", Hostile, now: null, None);
        using var visit = await Visit.BeginAsync(Story);
        Assert.Equal(200, (await visit.DoAsync("/pauses", "/queues", new() { ["scope"] = "queue", ["name"] = "mail", ["reason"] = Hostile })).Status);
        var group = GroupLink.Match((await visit.SeeAsync("/dead")).Page).Value;

        foreach (var path in (string[])["/", "/jobs?state=dead", $"/jobs/{job}", "/dead", group, group + "/discard", "/queues", "/workers", "/schedules", "/audit", "/jobs/redrive?state=dead"])
        {
            var (status, page) = await visit.SeeAsync(path);
            Assert.Equal((path, 200), (path, status));
            Assert.Equal((path, ""), (path, Inline.Match(page).Value));
        }

        var (_, shown) = await visit.SeeAsync($"/jobs/{job}");
        Assert.Contains("&lt;img src=x onerror=alert(1)&gt;", shown, StringComparison.Ordinal);
        foreach (var path in (string[])["/jobs?kind=", "/jobs?state=", "/jobs?tag=", "/jobs?member=", "/jobs?member=a%3D", "/jobs?cursor=", "/jobs?from=", "/jobs/", "/dead/", "/dead?kind=", "/audit?before=", "/signin?to="])
        {
            var (status, page) = await visit.SeeAsync(path + Uri.EscapeDataString("<img src=x onerror=alert(1)>"));
            Assert.InRange(status, 200, 404);
            Assert.Equal((path, ""), (path, Inline.Match(page).Value));
        }
    }

    [Fact]
    public async Task Every_answer_says_what_a_browser_may_do_with_it()
    {
        using var visit = await Visit.BeginAsync(Story);
        foreach (var path in (string[])["/", "/jobs", "/signin", "/nowhere", "/files/style.css", "/api/jobs", "/jobs?state=nonsense"])
        {
            using var response = await visit.Http.GetAsync(path);
            Assert.Equal(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
                response.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
            Assert.Equal(path.StartsWith("/files/", StringComparison.Ordinal), response.Headers.CacheControl is { Public: true });
        }
    }

    [Fact]
    public async Task A_form_that_no_page_of_the_session_sent_changes_nothing()
    {
        var job = (await DeadAsync(1, "x"))[0];
        using var visit = await Visit.BeginAsync(Story);
        using var other = await Visit.BeginAsync(Story);
        var foreign = TokenField.Match((await other.SeeAsync("/jobs")).Page).Groups["token"].Value;
        var own = TokenField.Match((await visit.SeeAsync("/jobs")).Page).Groups["token"].Value;
        Assert.NotEqual(own, foreign);

        Assert.Equal(400, (await visit.SendAsync($"/jobs/{job}/retry", [])).Status);
        Assert.Equal(400, (await visit.SendAsync($"/jobs/{job}/retry", new() { ["formToken"] = foreign })).Status);
        Assert.Equal(403, (await visit.SendAsync($"/jobs/{job}/retry", new() { ["formToken"] = own }, ("Sec-Fetch-Site", "cross-site"))).Status);
        Assert.Equal(403, (await visit.SendAsync($"/jobs/{job}/retry", new() { ["formToken"] = own }, ("Origin", "https://evil.example"))).Status);
        using (var stranger = Visit.WithoutKey(Story))
        {
            Assert.Equal(401, (await stranger.SendAsync($"/jobs/{job}/retry", new() { ["formToken"] = own })).Status);
            Assert.Equal(403, (await stranger.SendAsync("/signin", new() { ["key"] = Story.Key }, ("Sec-Fetch-Site", "cross-site"))).Status);
        }

        Assert.Equal(LedgerState.Dead, await StateAsync(job));
        Assert.Empty(await AuditAsync());
        Assert.Equal(200, (await visit.SendAsync($"/jobs/{job}/retry", new() { ["formToken"] = own })).Status);
        Assert.Equal(LedgerState.Ready, await StateAsync(job));
    }

    [Fact]
    public async Task Who_is_not_signed_in_is_asked_to_and_comes_where_he_wanted_to()
    {
        using var visit = Visit.WithoutKey(Story);
        var (status, page) = await visit.SeeAsync("/jobs?state=dead");
        Assert.Equal(200, status);
        Assert.Contains("<h1>Sign in</h1>", page, StringComparison.Ordinal);
        Assert.Contains("name=\"to\" value=\"/jobs?state=dead\"", page, StringComparison.Ordinal);
        Assert.Equal(401, (await visit.SendAsync("/signin", new() { ["key"] = "bj_000000000000_x", ["to"] = "/jobs" })).Status);
        Assert.Contains("<h1>Jobs</h1>", (await visit.SendAsync("/signin", new() { ["key"] = Story.Key, ["to"] = "/jobs" })).Page, StringComparison.Ordinal);

        var (_, after) = await visit.DoAsync("/signout");
        Assert.Contains("<h1>Sign in</h1>", after, StringComparison.Ordinal);
        Assert.Contains("<h1>Sign in</h1>", (await visit.SeeAsync("/jobs")).Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_viewer_is_offered_no_action_and_may_do_none()
    {
        var job = (await DeadAsync(1, "x", """{"password": "p"}"""))[0];
        using var viewer = await Visit.BeginAsync(Story, ApiScopes.Read);
        foreach (var path in (string[])["/", "/jobs?state=dead", $"/jobs/{job}", "/dead", "/queues"])
        {
            var (status, page) = await viewer.SeeAsync(path);
            Assert.Equal(200, status);
            Assert.DoesNotMatch("<form method=\"post\" action=\"/(?!signout)", page);
        }

        Assert.Equal(403, (await viewer.DoAsync($"/jobs/{job}/retry")).Status);
        Assert.Equal(403, (await viewer.DoAsync("/pauses", "/queues", new() { ["scope"] = "queue", ["name"] = "mail" })).Status);
        using var operate = await Visit.BeginAsync(Story, ApiScopes.Read | ApiScopes.Operate);
        Assert.Equal(403, (await operate.DoAsync($"/jobs/{job}/secrets")).Status);
        Assert.Equal(200, (await operate.DoAsync($"/jobs/{job}/retry")).Status);
    }

    [Fact]
    public async Task A_tenants_session_sees_and_changes_its_own_jobs_only()
    {
        var foreign = (await DeadAsync(1, "x", tenant: "other"))[0];
        var own = (await DeadAsync(1, "x", tenant: "acme"))[0];
        using var visit = await Visit.BeginAsync(Story, ApiScopes.Admin, "acme");
        Assert.Contains("<h1>Jobs</h1>", (await visit.SeeAsync("/")).Page, StringComparison.Ordinal);
        Assert.Equal(404, (await visit.SeeAsync($"/jobs/{foreign}")).Status);
        Assert.Equal(404, (await visit.DoAsync($"/jobs/{foreign}/retry")).Status);
        Assert.All((string[])["/queues", "/workers", "/audit"], path => Assert.Equal(403, visit.SeeAsync(path).Result.Status));
        var group = GroupLink.Match((await visit.SeeAsync("/dead")).Page).Value;
        Assert.DoesNotContain(foreign.ToString()[^12..], (await visit.SeeAsync(group)).Page, StringComparison.Ordinal);
        Assert.Contains("1 job will run again", (await visit.DoAsync($"{group}/redrive")).Page, StringComparison.Ordinal);
        Assert.Equal((LedgerState.Dead, LedgerState.Ready), (await StateAsync(foreign), await StateAsync(own)));
    }

    [GeneratedRegex("/dead/[0-9a-f]{16}", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex GroupLink { get; }

    [GeneratedRegex("name=\"formToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex TokenField { get; }
}
