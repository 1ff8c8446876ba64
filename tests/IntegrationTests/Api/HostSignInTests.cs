using System.Text.RegularExpressions;
using BusJobs.Api.Access;
using BusJobs.IntegrationTests.Dashboard;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace BusJobs.IntegrationTests.Api;

/// <summary>A host that signs people in by itself: its word says who somebody is, and ours what he may do.</summary>
public sealed partial class HostSignInTests(SqliteLedgerFixture fixture) : DashboardContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    private const string Scheme = "Shop";

    private protected override Task<ApiStory> StartAsync() => ApiStory.StartAsync(Fixture, services: services =>
    {
        // The host's scheme is the default, as it is in a host that had it before.
        new AuthenticationBuilder(services.AddAuthenticationCore(options => options.DefaultScheme = Scheme)).AddScheme<AuthenticationSchemeOptions, ShopHandler>(Scheme, _ => { });
        services.AddBusJobsHostSignIn(Scheme, user => user.Identity!.Name switch
        {
            "ann" => new HostCaller("ann", ApiScopes.Read | ApiScopes.Operate),
            "vic" => new HostCaller("vic", ApiScopes.Read),
            "tom" => new HostCaller("tom", ApiScopes.Read | ApiScopes.Operate) { Tenant = "acme" },
            "non" => new HostCaller("non", ApiScopes.None),
            _ => null,
        });
    });

    [Fact]
    public async Task Whom_the_host_has_signed_in_sees_pages_acts_by_their_forms_and_stands_in_the_audit()
    {
        var job = (await DeadAsync(1, "x"))[0];
        using var ann = Caller("ann");
        var page = await ann.GetStringAsync($"/jobs/{job}");
        Assert.Contains("<span>ann</span>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Sign out", page, StringComparison.Ordinal);
        Assert.Equal(303, await PostAsync(ann, $"/jobs/{job}/retry", TokenOf(page)));
        Assert.Equal(LedgerState.Ready, await StateAsync(job));
        Assert.Equal(200, (await Story.GetAsync("/api/queues", ann)).Status);
        Assert.Contains("<td>ann</td>", await ann.GetStringAsync("/audit"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cookie_of_the_host_alone_changes_nothing()
    {
        var job = (await DeadAsync(1, "x"))[0];
        using var ann = Caller("ann");
        using var vic = Caller("vic");
        var (own, foreign) = (TokenOf(await ann.GetStringAsync("/jobs")), TokenOf(await new Peek(Story).TokenPageAsync()));
        Assert.Equal(400, await PostAsync(ann, $"/jobs/{job}/retry", token: null));
        Assert.Equal(400, await PostAsync(ann, $"/jobs/{job}/retry", foreign));
        Assert.Equal(403, await PostAsync(ann, $"/jobs/{job}/retry", own, ("Sec-Fetch-Site", "cross-site")));
        Assert.Equal(403, await PostAsync(ann, $"/jobs/{job}/retry", own, ("Origin", "https://evil.example")));
        Assert.Equal(403, await PostAsync(vic, $"/jobs/{job}/retry", own));
        Assert.Equal(LedgerState.Dead, await StateAsync(job));
    }

    [Theory]
    [InlineData("mallory")]
    [InlineData("non")]
    public async Task Whom_the_host_knows_and_we_do_not_is_told_so(string name)
    {
        using var caller = Caller(name);
        using var page = await caller.GetAsync("/");
        Assert.Equal(403, (int)page.StatusCode);
        Assert.Contains("may see nothing here", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(403, (await Story.GetAsync("/api/queues", caller)).Status);
    }

    [Fact]
    public async Task Who_is_not_signed_in_goes_to_the_hosts_sign_in_and_a_program_is_told_to_bring_a_key()
    {
        using var nobody = Story.Caller(key: null);
        using var page = await nobody.GetAsync("/jobs?state=dead");
        Assert.Equal("/shop/login?back=%2Fjobs%3Fstate%3Ddead", page.Headers.Location?.OriginalString);
        Assert.Equal(401, (await Story.GetAsync("/api/queues", nobody)).Status);
        Assert.Equal(200, (await Story.GetAsync("/api/queues")).Status);
        using var session = await Visit.BeginAsync(Story);
        Assert.Contains("Sign out", (await session.SeeAsync("/jobs")).Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_bound_to_a_tenant_sees_its_jobs_and_nothing_of_all_tenants()
    {
        var (own, other) = ((await DeadAsync(1, "x", tenant: "acme"))[0], (await DeadAsync(1, "x", tenant: "other"))[0]);
        using var tom = Caller("tom");
        Assert.Equal(200, (await Story.GetAsync($"/api/jobs/{own}", tom)).Status);
        Assert.Equal(404, (await Story.GetAsync($"/api/jobs/{other}", tom)).Status);
        Assert.Equal(403, (await Story.GetAsync("/api/queues", tom)).Status);
    }

    [Fact]
    public async Task A_scheme_that_is_not_there_is_refused_at_the_start()
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => ApiStory.StartAsync(Fixture, services: services => services.AddBusJobsHostSignIn("Nowhere", _ => null)));
        Assert.Contains("'Nowhere' is not there", refused.Message, StringComparison.Ordinal);
    }

    [GeneratedRegex("name=\"formToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Token { get; }

    private static string TokenOf(string page) => Token.Match(page).Groups["token"].Value;

    private HttpClient Caller(string name)
    {
        var http = Story.Caller(key: null);
        http.DefaultRequestHeaders.Add("Cookie", $"{ShopHandler.Cookie}={name}");
        return http;
    }

    private static async Task<int> PostAsync(HttpClient http, string path, string? token, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(token is null ? [] : new Dictionary<string, string> { ["formToken"] = token }) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request);
        return (int)response.StatusCode;
    }

    /// <summary>Somebody else, with a session of ours.</summary>
    private sealed record Peek(ApiStory Story)
    {
        public async Task<string> TokenPageAsync()
        {
            using var visit = await Visit.BeginAsync(Story);
            return (await visit.SeeAsync("/jobs")).Page;
        }
    }
}
