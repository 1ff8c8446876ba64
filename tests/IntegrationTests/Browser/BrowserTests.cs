using BusJobs.IntegrationTests.Ledger;
using Microsoft.Playwright;

namespace BusJobs.IntegrationTests.Browser;

public sealed class BrowserTests(SqliteLedgerFixture fixture, Chromium chromium) : BrowserContract(fixture, chromium), IClassFixture<SqliteLedgerFixture>, IClassFixture<Chromium>
{
    private const string Thrown = "InvalidOperationException: no customer 7\n   at Shop.Mailer.Send(Guid id) in /src/Mailer.cs:line 12\n   at Shop.Handler.HandleAsync()";
    private const string Hostile = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script><svg/onload=alert(3)>{{7*7}}javascript:alert(4)";

    /// <summary>The whole story, by clicks and keys alone.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_newcomer_finds_what_fails_mends_it_and_sees_it_succeed(bool scripts)
    {
        await DeadAsync(1, Thrown, """{"customer":7}""", kind: "shop.mail");
        await using var window = await Chromium.OpenAsync(Story.Address, scripts);
        var page = await SignedInAsync(window);

        await Assertions.Expect(page.GetByText("1 job of the kind shop.mail is dead")).ToBeVisibleAsync();
        await page.Locator("#troubles").GetByRole(AriaRole.Link, new() { Name = "Dead letters" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "shop.mail: InvalidOperationException" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Reason").First).ToContainTextAsync("no customer 7");
        await page.Locator("tbody a").First.ClickAsync();
        await page.GetByLabel("The payload as JSON").FillAsync("""{"customer": 8}""");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save and retry" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("The payload is saved. The job has a new series of attempts.");

        Assert.Equal(1, await SettleAsync(Ending.Completed));
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("succeeded");
        await Assertions.Expect(page.Locator("pre.payload")).ToContainTextAsync("\"customer\": 8");
    }

    [Fact]
    public async Task Hostile_text_in_every_field_opens_no_dialog_and_breaks_no_policy()
    {
        var paths = await FurnishAsync(Hostile);
        await using var window = await Chromium.OpenAsync(Story.Address);
        var page = await SignedInAsync(window);
        var faults = Faults.Of(page);
        foreach (var path in (string[])[.. paths, $"/jobs?tag={Uri.EscapeDataString(Hostile)}", $"/jobs?member={Uri.EscapeDataString("a=" + Hostile)}", $"/signin?to={Uri.EscapeDataString(Hostile)}"])
        {
            await page.GotoAsync(path);
            Assert.Equal((path, 0), (path, await page.Locator("img, iframe, object, main script, main style").CountAsync()));
        }

        Assert.Equal([], faults);
    }

    [Theory]
    [InlineData(390)]
    [InlineData(320)]
    public async Task No_page_is_wider_than_a_phone(int width)
    {
        var paths = await FurnishAsync(new string('x', 200));
        await using var window = await Chromium.OpenAsync(Story.Address, width: width);
        var page = await SignedInAsync(window);
        foreach (var path in (string[])[.. paths, "/jobs/x", "/signin"])
        {
            await page.GotoAsync(path);
            Assert.Equal((path, 0), (path, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")));
        }
    }

    [Fact]
    public async Task A_page_renews_itself_when_there_is_something_new()
    {
        await using var window = await Chromium.OpenAsync(Story.Address);
        var page = await SignedInAsync(window);
        await Assertions.Expect(page.GetByText("Nothing is wrong")).ToBeVisibleAsync();
        await DeadAsync(1, Thrown);
        await Assertions.Expect(page.GetByText("1 job of the kind test.job is dead")).ToBeVisibleAsync(new() { Timeout = 30_000 });
    }

    [Fact]
    public async Task A_ramp_is_begun_watched_and_stopped_by_clicks()
    {
        await DeadAsync(12, Thrown);
        await using var window = await Chromium.OpenAsync(Story.Address);
        var page = await SignedInAsync(window);
        await page.GotoAsync("/dead");
        await page.Locator(".groups a").First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Redrive by ramp" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Ramp by test: 5 of 12 jobs redriven. It waits for those to end.")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await page.GetByRole(AriaRole.Button, new() { Name = "Stop the ramp" }).ClickAsync();
        await Assertions.Expect(page.GetByText("Ramp by test: 5 of 12 jobs redriven. Stopped by test.")).ToBeVisibleAsync();
        Assert.Equal(5, await SettleAsync(Ending.Completed));
        Assert.Equal(7, (await Ledger.CountsAsync(None)).DeadNow);
        Assert.Contains("ramp.stop", (await AuditAsync()).Select(entry => entry.What));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_group_is_discarded_after_a_question_and_brought_back_by_clicks(bool scripts)
    {
        await DeadAsync(3, Thrown);
        await using var window = await Chromium.OpenAsync(Story.Address, scripts);
        var page = await SignedInAsync(window);
        await page.GotoAsync("/dead");
        await page.Locator(".groups a").First.ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Discard all" }).ClickAsync();
        await Assertions.Expect(page.GetByText("3 jobs would be given up")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Discard 3 jobs" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("3 jobs discarded");
        await page.GetByRole(AriaRole.Link, new() { Name = "Jobs that were discarded" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Bring back all that match" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Retry 3 jobs" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("3 jobs will run again");
        Assert.Equal(3, await SettleAsync(Ending.Completed));
    }
}
