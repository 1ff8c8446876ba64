using System.Net;
using BusJobs.IntegrationTests.Api;
using BusJobs.IntegrationTests.Dashboard;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Ledger.Audit;
using Forge;
using Forge.Backfill;
using Forge.Pages;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Hub;

/// <summary>The table and the chart of what happened, with its holes until they are filled.</summary>
public sealed class ActivityPageTests(SqliteLedgerFixture ledger) : IAsyncLifetime, IClassFixture<SqliteLedgerFixture>
{
    private static readonly DateTimeOffset Yesterday = new(2025, 12, 31, 0, 0, 0, TimeSpan.Zero);

    private HubStory story = null!;
    private ApiStory server = null!;

    public async Task InitializeAsync()
    {
        await ledger.EmptyAsync();
        story = await HubStory.StartAsync(postgres: false);
        server = await ApiStory.StartAsync(
            ledger,
            services: services => services.AddSingleton<TimeProvider>(story.Clock).AddForge(story.Options).AddForgeHub(story.Options, relay: false).AddForgeActivityPage(),
            map: app => app.MapForgeActivityPage());
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        await story.DisposeAsync();
    }

    [Fact]
    public async Task Days_are_listed_and_drawn_and_those_without_statistics_are_marked()
    {
        var repository = await story.RegisterAsync("/one");
        await story.RegisterAsync("/two", name: "other");
        for (var day = 0; day < 27; day++)
        {
            await story.AddAsync(new ActivityDay { RepositoryId = repository.Id, Start = Yesterday.AddDays(-day), Commits = day == 0 ? 1_234 : 0, Authors = 3, Added = 70, Removed = 2, Files = 5 });
        }

        using var visit = await Visit.BeginAsync(server, ApiScopes.Read);
        var page = WebUtility.HtmlDecode((await visit.SeeAsync("/activity?repo=acme/repo&weeks=4")).Page);
        Assert.Contains("1,234 commits by the days of UTC, +1,890 and -54 lines.", page, StringComparison.Ordinal);
        Assert.Contains("Of 1 day there are no statistics yet.", page, StringComparison.Ordinal);
        Assert.Equal(28, page.Split("<rect ").Length - 1);
        Assert.Contains("<title>2025-12-31: 1234 commits, +70 -2</title>", page, StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">2025-12-31</th><td class=\"number\">1,234</td><td class=\"number\">3</td>", Packed(page), StringComparison.Ordinal);
        Assert.Contains("<th scope=\"row\">2025-12-04</th><td colspan=\"5\" class=\"quiet\">no statistics yet</td>", Packed(page), StringComparison.Ordinal);
        Assert.DoesNotContain("2026-01-01", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Fill in what is missing", page, StringComparison.Ordinal);
        Assert.Contains("no statistics yet", (await visit.SeeAsync("/activity?repo=acme/other")).Page, StringComparison.Ordinal);
        Assert.Equal(403, (await visit.DoAsync("/activity/acme/repo/fill")).Status);
    }

    [Fact]
    public async Task An_operator_has_what_is_missing_filled_in_and_it_is_on_record()
    {
        await story.RegisterAsync("/one");
        using var visit = await Visit.BeginAsync(server, ApiScopes.Read | ApiScopes.Operate);
        Assert.Contains("Fill in what is missing", (await visit.SeeAsync("/activity")).Page, StringComparison.Ordinal);
        var (status, page) = await visit.DoAsync("/activity/acme/repo/fill?weeks=4", from: "/activity");
        // Four weeks that end on a Wednesday touch five of the calendar.
        Assert.Equal((200, true), (status, page.Contains("5 jobs are enqueued, one for each week that is missing.", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Repeat("forge.backfill-window", 5), (await story.OutboxAsync()).Select(job => job.Kind));
        var entry = Assert.Single(await server.Services.GetRequiredService<IAuditTrail>().EntriesAsync(before: null, 10, CancellationToken.None));
        Assert.Equal(("activity.fill", "acme/repo", "5 weeks"), (entry.What, entry.Target, entry.Result));
        Assert.Equal(404, (await visit.DoAsync("/activity/acme/nobody/fill")).Status);
    }

    [Fact]
    public async Task A_forge_without_repositories_says_so_and_what_cannot_be_shown_is_refused()
    {
        using var visit = await Visit.BeginAsync(server, ApiScopes.Read);
        Assert.Contains("This forge has no repository yet.", (await visit.SeeAsync("/activity")).Page, StringComparison.Ordinal);
        foreach (var (query, sentence) in ((string, string)[])[("?repo=a/b", "repo 'a/b' is refused: expected a repository of this forge"), ("?weeks=5", "weeks '5' is refused: expected 4, 13, 26, 52.")])
        {
            var (status, page) = await visit.SeeAsync("/activity" + query);
            Assert.Equal(400, status);
            Assert.Contains(sentence, WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        }
    }

    /// <summary>Without the spaces between elements.</summary>
    private static string Packed(string page) => string.Concat(page.Split('\n').Select(line => line.Trim()));
}
