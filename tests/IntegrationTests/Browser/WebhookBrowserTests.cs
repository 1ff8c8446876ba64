using BusJobs.IntegrationTests.Hooks;
using BusJobs.IntegrationTests.Ledger;
using Microsoft.Playwright;

namespace BusJobs.IntegrationTests.Browser;

public sealed class WebhookBrowserTests(SqliteLedgerFixture ledger, Chromium chromium) : IClassFixture<SqliteLedgerFixture>, IClassFixture<Chromium>
{
    private const string Hostile = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script><svg/onload=alert(3)>";

    [Fact]
    public async Task An_operator_finds_a_failed_delivery_redelivers_it_and_no_answer_of_a_receiver_runs_in_the_browser()
    {
        await using var receiver = new Receiver(Receiver.Answer(500, body: Hostile));
        await using var site = await WebhookSite.StartAsync(ledger, receiver);
        await site.Story.RunAsync(await site.Story.PushAsync());
        await using var window = await chromium.OpenAsync(site.Server.Address, width: 390);
        var page = await window.NewPageAsync();
        var faults = Faults.Of(page);
        await page.GotoAsync("/webhooks");
        await page.GetByLabel("API key").FillAsync(site.Server.Key);
        await page.Keyboard.PressAsync("Enter");

        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Webhooks");
        Assert.Equal(0, await WiderAsync(page));
        await page.Locator("#deliveries tbody a").First.ClickAsync();
        await Assertions.Expect(page.GetByLabel("Answer")).ToContainTextAsync("<script>alert(2)</script>");
        Assert.Equal(0, await WiderAsync(page));
        await page.GetByRole(AriaRole.Button, new() { Name = "Redeliver" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("It is sent once more");
        Assert.Equal(2, (await site.Story.Hub.OutboxAsync()).Count);
        await page.GotoAsync("/audit");
        await Assertions.Expect(page.Locator("tbody")).ToContainTextAsync("webhook.redeliver");
        await Assertions.Expect(page.Locator("img, iframe, object")).ToHaveCountAsync(0);
        Assert.Equal([], faults);
    }

    private static Task<int> WiderAsync(IPage page) => page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}
