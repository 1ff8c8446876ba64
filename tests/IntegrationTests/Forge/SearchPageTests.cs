using System.Text.RegularExpressions;
using BusJobs.IntegrationTests.Api;
using BusJobs.IntegrationTests.Dashboard;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using Forge;
using Forge.Pages;

namespace BusJobs.IntegrationTests.Forge;

/// <summary>The page that the forge brings to the dashboard.</summary>
public sealed partial class SearchPageTests(SqliteLedgerFixture fixture) : IAsyncLifetime, IClassFixture<SqliteLedgerFixture>
{
    private const string Entry = "<a href=\"/search\"";

    private ForgeStory story = null!;
    private ApiStory server = null!;

    public async Task InitializeAsync()
    {
        story = await ForgeStory.StartAsync();
        server = await ApiStory.StartAsync(
            fixture, services: services => services.AddForge(story.Options).AddForgeSearchPage(), map: app => app.MapForgeSearchPage());
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        await story.DisposeAsync();
    }

    [Fact]
    public async Task A_line_is_found_with_its_place_and_the_hit_marked_in_it()
    {
        var repository = await story.InitAsync();
        await repository.WriteAsync("src/a.html", "one\n  <script>Needle</script> needle\n");
        await repository.CommitAsync();
        await story.IndexAsync(repository.Path);
        using var visit = await Visit.BeginAsync(server, ApiScopes.Read);

        var (status, page) = await visit.SeeAsync("/search?q=NEEDLE");
        Assert.Equal(200, status);
        Assert.Contains("<li value=\"2\"><code>  &lt;script&gt;<mark>Needle</mark>&lt;/script&gt; <mark>needle</mark></code></li>", page, StringComparison.Ordinal);
        Assert.Contains("</span> src/a.html</h2>", page, StringComparison.Ordinal);
        Assert.Contains("1 line.", page, StringComparison.Ordinal);
        Assert.Contains("No line holds this text.", (await visit.SeeAsync("/search?q=haystack")).Page, StringComparison.Ordinal);
        Assert.Contains("No line holds this text in the repository another.", (await visit.SeeAsync("/search?q=needle&repo=another")).Page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?q=needle")]
    public async Task An_index_without_files_says_so(string query)
    {
        using var visit = await Visit.BeginAsync(server);
        Assert.Contains("Nothing is indexed yet.", (await visit.SeeAsync("/search" + query)).Page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?q=ab", "q needs at least 3 characters.")]
    [InlineData("?q=abc%00", "q must be one line without control characters.")]
    [InlineData("?q=abc&repo=%00", "repo is not the name of a repository.")]
    public async Task A_question_that_cannot_be_asked_is_refused_in_a_sentence(string query, string sentence)
    {
        using var visit = await Visit.BeginAsync(server);
        var (status, page) = await visit.SeeAsync("/search" + query);
        Assert.Equal((400, sentence), (status, Alert.Match(page).Groups["text"].Value));
    }

    [Fact]
    public async Task It_is_closed_like_every_page_and_offered_to_whom_it_is_open()
    {
        using var nobody = Visit.WithoutKey(server);
        Assert.Contains("<h1>Sign in</h1>", (await nobody.SeeAsync("/search?q=needle")).Page, StringComparison.Ordinal);
        using var bound = await Visit.BeginAsync(server, ApiScopes.Admin, "acme");
        Assert.Equal(403, (await bound.SeeAsync("/search?q=needle")).Status);
        Assert.DoesNotContain(Entry, (await bound.SeeAsync("/jobs")).Page, StringComparison.Ordinal);
        using var visit = await Visit.BeginAsync(server, ApiScopes.Read);
        Assert.Contains($"{Entry}>Code search</a>", (await visit.SeeAsync("/jobs")).Page, StringComparison.Ordinal);
        Assert.Contains($"{Entry} aria-current=\"page\">Code search</a>", (await visit.SeeAsync("/search")).Page, StringComparison.Ordinal);
    }

    [GeneratedRegex("role=\"alert\">(?<text>[^<]+)<", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Alert { get; }
}
