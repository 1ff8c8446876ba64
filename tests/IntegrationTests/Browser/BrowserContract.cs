using System.Text.Json;
using BusJobs.Bus;
using BusJobs.IntegrationTests.Api;
using BusJobs.IntegrationTests.Dashboard;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Ledger.Letters;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace BusJobs.IntegrationTests.Browser;

/// <summary>A browser before a server on which there is something of everything.</summary>
public abstract class BrowserContract(SqliteLedgerFixture fixture, Chromium chromium) : DashboardContract(fixture)
{
    private protected Chromium Chromium => chromium;

    /// <summary>The worker of a test is heard once, and stays for as long as somebody looks at pages.</summary>
    private protected override Task<ApiStory> StartAsync() => ApiStory.StartAsync(Fixture, services: services => services.AddBusJobsBus(bus => bus.Lease = TimeSpan.FromMinutes(5)));

    /// <summary>Work in every state, with the given text in every field that may hold any.</summary>
    /// <returns>The pages on which it is shown.</returns>
    protected async Task<IReadOnlyList<string>> FurnishAsync(string text)
    {
        var payload = JsonSerializer.Serialize(new Dictionary<string, string> { [text] = text, ["apiKey"] = "k" });
        var (mail, tag) = (new EnqueueOptions { Unique = Unique.WhileActive(Cut(text)), SerialKey = Cut(text), Tenant = "acme", Tags = ["nightly"] }, new EnqueueOptions { Tags = ["nightly"] });
        var discarded = (await DeadAsync(1, $"TimeoutException: {text}", payload, tenant: "acme"))[0];
        await Story.Services.GetRequiredService<IDeadLetters>().DiscardAsync(new DeadFilter(discarded), by: text, now: null, None);
        var dead = await DeadAsync(3, $"InvalidOperationException: {text}\n   at A.B({text})", payload, tenant: "acme");
        var (done, running, behind, later) = (Job(payload, tag), Job(payload, mail), Job(payload, mail with { Unique = null }), Job(payload, new EnqueueOptions { Delay = TimeSpan.FromHours(1) }));
        await Ledger.InsertManyAsync([done], transaction: null, None);
        await SettleAsync(Ending.Completed, worker: text);
        await Ledger.InsertManyAsync([running, behind, later], transaction: null, None);
        var dispatch = Assert.Single(await DispatchAsync());
        await Ledger.ReportProgressAsync([new JobProgress(running.Id, 42, Cut(text))], None);
        var worker = await HearAsync(beat => beat with { Name = text, Held = [dispatch.Id], CanBeDrained = true });
        await Ledger.PauseAsync(PauseScope.Tenant, "globex", by: text, reason: text, now: null, None);
        Assert.Equal(204, (await Story.PostAsync("/api/queues/mail/pause", JsonSerializer.Serialize(new { reason = text }))).Status);
        await Story.PutAsync("/api/limits/kinds/test.job", """{"maxRunning": 100, "rate": {"starts": 5000, "per": "1m"}}""");
        await Story.MakeScheduleAsync("nightly");
        Assert.Equal(202, (await Story.PostAsync("/api/schedules/nightly/run", "")).Status);
        var group = await GroupAsync();
        return
        [
            "/", "/jobs", "/jobs?state=dead", "/jobs?discarded=true", .. ((Guid[])[discarded, dead[0], done.Id, running.Id, behind.Id, later.Id]).Select(job => $"/jobs/{job}"), "/dead", group,
            $"{group}/discard", "/jobs/cancel?state=ready", "/jobs/redrive?state=dead", "/jobs/redrive?discarded=true", "/jobs/discard?state=dead", "/queues", "/workers",
            $"/workers/{worker.WorkerId}/drain", "/schedules", "/schedules/nightly", "/audit",
        ];
    }

    private protected async Task<IPage> SignedInAsync(IBrowserContext window)
    {
        var page = await window.NewPageAsync();
        await page.GotoAsync("/");
        await page.GetByLabel("API key").FillAsync(Story.Key);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("h1")).ToHaveTextAsync("Overview");
        return page;
    }

    private async Task<string> GroupAsync()
    {
        using var visit = await Visit.BeginAsync(Story, ApiScopes.Read);
        return $"/dead/{(await visit.SeeAsync("/dead")).Page.Split("href=\"/dead/")[1].Split('"')[0]}";
    }

    private static NewJob Job(string payload, EnqueueOptions options) => NewJob.From(Kind, "default", payload, options, TimeProvider.System);

    /// <summary>As long as a key or a note may be.</summary>
    private static string Cut(string text) => text.Length > Unique.MaxKeyLength ? text[..Unique.MaxKeyLength] : text;
}
