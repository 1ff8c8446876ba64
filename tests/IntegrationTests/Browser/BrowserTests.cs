using BusJobs.IntegrationTests.Dashboard;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using Microsoft.Playwright;

namespace BusJobs.IntegrationTests.Browser;

public sealed class BrowserTests(SqliteLedgerFixture fixture, Chromium chromium) : DashboardContract(fixture), IClassFixture<SqliteLedgerFixture>, IClassFixture<Chromium>
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
        await using var window = await chromium.OpenAsync(Story.Address, scripts);
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
    public async Task Hostile_text_opens_no_dialog_and_breaks_no_policy()
    {
        var job = (await DeadAsync(1, $"InvalidOperationException: {Hostile}\n   at A.B({Hostile})", System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string> { [Hostile] = Hostile })))[0];
        await Ledger.PauseAsync(PauseScope.Kind, Kind, "b<b>y", Hostile, now: null, None);
        await using var window = await chromium.OpenAsync(Story.Address);
        var page = await SignedInAsync(window);
        var faults = Faults.Of(page);
        foreach (var path in (string[])["/", "/jobs", $"/jobs/{job}", "/dead", "/queues", "/workers", "/audit", "/schedules", $"/jobs?tag={Uri.EscapeDataString(Hostile)}", $"/signin?to={Uri.EscapeDataString(Hostile)}"])
        {
            await page.GotoAsync(path);
        }

        await page.GotoAsync("/dead");
        await page.Locator(".groups a").First.ClickAsync();
        await Assertions.Expect(page.Locator("img, iframe, object")).ToHaveCountAsync(0);
        Assert.Equal([], faults);
    }

    [Theory]
    [InlineData(390)]
    [InlineData(320)]
    public async Task No_page_is_wider_than_a_phone(int width)
    {
        var job = (await DeadAsync(3, Thrown + new string('x', 3_000), $$"""{"long":"{{new string('y', 3_000)}}"}""", tenant: "a-tenant-with-a-name-that-is-as-long-as-the-names-may-be-here"))[0];
        await using var window = await chromium.OpenAsync(Story.Address, width: width);
        var page = await SignedInAsync(window);
        foreach (var path in (string[])["/", "/jobs", $"/jobs/{job}", "/dead", "/queues", "/workers", "/audit", "/schedules"])
        {
            await page.GotoAsync(path);
            Assert.Equal((path, 0), (path, await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")));
        }
    }

    [Fact]
    public async Task A_page_renews_itself_when_there_is_something_new()
    {
        await using var window = await chromium.OpenAsync(Story.Address);
        var page = await SignedInAsync(window);
        await Assertions.Expect(page.GetByText("Nothing is wrong")).ToBeVisibleAsync();
        await DeadAsync(1, Thrown);
        await Assertions.Expect(page.GetByText("1 job of the kind test.job is dead")).ToBeVisibleAsync(new() { Timeout = 30_000 });
    }

    [Fact]
    public async Task The_keyboard_alone_is_enough()
    {
        await using var window = await chromium.OpenAsync(Story.Address);
        var page = await SignedInAsync(window);
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByText("Skip to the content")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("main")).ToBeFocusedAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Dead letters" }).First.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Dead letters");
    }

    private async Task<IPage> SignedInAsync(IBrowserContext window)
    {
        var page = await window.NewPageAsync();
        await page.GotoAsync("/");
        await page.GetByLabel("API key").FillAsync(Story.Key);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Overview");
        return page;
    }
}
