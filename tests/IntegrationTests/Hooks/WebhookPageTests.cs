using System.Net;
using System.Text.RegularExpressions;
using BusJobs.IntegrationTests.Dashboard;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Ledger.Audit;
using Forge.Hooks;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Hooks;

public sealed partial class WebhookPageTests(SqliteLedgerFixture ledger) : IClassFixture<SqliteLedgerFixture>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deliveries_are_listed_the_newest_first_by_endpoint_and_state_page_by_page(bool postgres)
    {
        await using var receiver = new Receiver(request => Receiver.Answer(request == 0 ? 204 : 500));
        await using var site = await WebhookSite.StartAsync(ledger, receiver, postgres);
        var delivered = await site.Story.PushAsync();
        await site.Story.RunAsync(delivered);
        var jobs = new List<DeliverWebhook> { delivered };
        for (var i = 0; i < 52; i++)
        {
            site.Story.Hub.Clock.Advance(TimeSpan.FromMilliseconds(2));
            jobs.Add(await site.Story.PushAsync());
        }

        await site.Story.RunAsync(jobs[1]);
        using var visit = await Visit.BeginAsync(site.Server, ApiScopes.Read);
        var (_, first) = await visit.SeeAsync("/webhooks");
        Assert.Equal(jobs[3..].Select(job => job.Delivery).Reverse(), Deliveries(first));
        var next = NextLink.Match(first).Groups["to"].Value;
        var (_, second) = await visit.SeeAsync(WebUtility.HtmlDecode(next));
        Assert.Equal(jobs[..3].Select(job => job.Delivery).Reverse(), Deliveries(second));
        Assert.Contains("500 The receiver answered 500.", second, StringComparison.Ordinal);
        Assert.DoesNotContain("rel=\"next\"", second, StringComparison.Ordinal);
        Assert.Equal([delivered.Delivery], Deliveries((await visit.SeeAsync($"/webhooks?state=delivered&endpoint={site.Story.Endpoint}")).Page));
        Assert.Empty(Deliveries((await visit.SeeAsync($"/webhooks?endpoint={Guid.Empty}")).Page));
    }

    [Fact]
    public async Task An_endpoint_shows_whether_anything_is_sent_to_it_and_none_of_its_secrets()
    {
        await using var receiver = new Receiver(request => Receiver.Answer(request < 3 ? 500 : 410));
        await using var site = await WebhookSite.StartAsync(ledger, receiver, url: $"http://127.0.0.1:{((Uri)new(receiver.Url)).Port}/services/T01/SECRETsecretSECRETsecret?key=hush&v=2");
        var job = await site.Story.PushAsync();
        using var visit = await Visit.BeginAsync(site.Server, ApiScopes.Read);
        Assert.Contains(">enabled</span>", (await visit.SeeAsync("/webhooks")).Page, StringComparison.Ordinal);
        for (var i = 0; i < 3; i++)
        {
            site.Story.Hub.Clock.Advance((await site.Story.RunAsync(job))!.Value);
        }

        var (_, failing) = await visit.SeeAsync("/webhooks");
        Assert.Contains("failing</span> 3 in a row", failing, StringComparison.Ordinal);
        Assert.Contains("/services/T01/•••?key=•••&v=•••</code>", WebUtility.HtmlDecode(failing), StringComparison.Ordinal);
        await site.Story.RunAsync(job);
        foreach (var path in (string[])["/webhooks", $"/webhooks/{job.Delivery}"])
        {
            var (_, page) = await visit.SeeAsync(path);
            Assert.Contains(">disabled</span> The receiver answered 410", page, StringComparison.Ordinal);
            Assert.All((string[])["SECRET", "hush", site.Story.Secret[6..]], secret => Assert.DoesNotContain(secret, page, StringComparison.Ordinal));
        }

        using var operate = await Visit.BeginAsync(site.Server);
        Assert.Contains("Nothing is sent to an endpoint that is disabled.", (await operate.DoAsync($"/webhooks/{job.Delivery}/redeliver")).Page, StringComparison.Ordinal);
        Assert.Single(await site.Story.Hub.OutboxAsync());
    }

    [Fact]
    public async Task A_delivery_shows_its_request_and_answer_and_whatever_the_receiver_says_is_only_text()
    {
        const string Answer = "{\"token\":\"hush\",\"html\":\"<img src=x onerror=alert(1)><script>alert(2)</script>\",\"half\":\"\\ud800\"}";
        await using var receiver = new Receiver(Receiver.Answer(500, body: Answer));
        await using var site = await WebhookSite.StartAsync(ledger, receiver);
        var job = await site.Story.PushAsync();
        await site.Story.RunAsync(job);
        using var visit = await Visit.BeginAsync(site.Server, ApiScopes.Read);
        var (status, page) = await visit.SeeAsync($"/webhooks/{job.Delivery}");

        Assert.Equal(200, status);
        Assert.Contains("webhook-signature: •••", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        Assert.Contains("Answered 500", page, StringComparison.Ordinal);
        Assert.Contains("&lt;img src=x onerror=alert(1)&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", page, StringComparison.Ordinal);
        Assert.DoesNotContain("v1,", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Redeliver", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_redelivers_once_from_a_page_of_the_session_and_it_is_on_record()
    {
        await using var receiver = new Receiver(Receiver.Answer(204));
        await using var site = await WebhookSite.StartAsync(ledger, receiver);
        var job = await site.Story.PushAsync();
        await site.Story.RunAsync(job);
        var deed = $"/webhooks/{job.Delivery}/redeliver";
        using var viewer = await Visit.BeginAsync(site.Server, ApiScopes.Read);
        Assert.Equal(403, (await viewer.DoAsync(deed)).Status);
        using var visit = await Visit.BeginAsync(site.Server, ApiScopes.Read | ApiScopes.Operate);
        Assert.Equal(400, (await visit.SendAsync(deed, [])).Status);
        Assert.Equal(404, (await visit.DoAsync($"/webhooks/{Guid.Empty}/redeliver")).Status);
        Assert.Equal(404, (await visit.DoAsync("/webhooks/7/redeliver")).Status);
        Assert.Single(await site.Story.Hub.OutboxAsync());
        var trail = site.Server.Services.GetRequiredService<IAuditTrail>();
        Assert.Empty(await trail.EntriesAsync(before: null, 10, CancellationToken.None));

        var (status, page) = await visit.DoAsync(deed);
        Assert.Equal((200, true), (status, page.Contains("It is sent once more", StringComparison.Ordinal)));
        var entry = Assert.Single(await trail.EntriesAsync(before: null, 10, CancellationToken.None));
        Assert.Equal(("test", "webhook.redeliver", $"delivery {job.Delivery}", "round 2"), (entry.Who, entry.What, entry.Target, entry.Result));
        Assert.Null(await site.Story.RunAsync((DeliverWebhook)PayloadJson.Read((await site.Story.Hub.OutboxAsync())[^1].Payload, typeof(DeliverWebhook))));
        Assert.Equal(2, receiver.Requests.Count);
    }

    [Theory]
    [InlineData("?endpoint=7", "endpoint '7' is refused: expected the id of an endpoint or a delivery.")]
    [InlineData("?state=lost", "state 'lost' is refused: expected pending, delivered, failed, dropped.")]
    [InlineData("?before=<b>", "before '<b>' is refused: expected the id of an endpoint or a delivery.")]
    public async Task A_filter_that_cannot_be_is_refused_in_a_sentence(string query, string sentence)
    {
        await using var receiver = new Receiver(Receiver.Answer(204));
        await using var site = await WebhookSite.StartAsync(ledger, receiver);
        using var visit = await Visit.BeginAsync(site.Server, ApiScopes.Read);
        var (status, page) = await visit.SeeAsync("/webhooks" + query);
        Assert.Equal(400, status);
        Assert.Contains(sentence, WebUtility.HtmlDecode(page), StringComparison.Ordinal);
    }

    private static IEnumerable<Guid> Deliveries(string page) => Row.Matches(page).Select(match => Guid.Parse(match.Groups["id"].Value));

    [GeneratedRegex("<th scope=\"row\"><a href=\"/webhooks/(?<id>[0-9a-f-]{36})\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Row { get; }

    [GeneratedRegex("rel=\"next\" href=\"(?<to>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex NextLink { get; }
}
