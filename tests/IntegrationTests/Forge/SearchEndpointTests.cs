using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Forge;
using Forge.Search;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BusJobs.IntegrationTests.Forge;

public sealed class SearchEndpointTests : IAsyncLifetime
{
    private ForgeStory story = null!;
    private WebApplication app = null!;
    private HttpClient http = null!;

    public async Task InitializeAsync()
    {
        story = await ForgeStory.StartAsync();
        var repository = await story.InitAsync();
        await repository.WriteAsync("a", "one\nthe Needle\n");
        await repository.WriteAsync("b", "needle\n");
        await repository.CommitAsync();
        await story.IndexAsync(repository.Path);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddForge(story.Options);
        app = builder.Build();
        app.MapForgeSearch();
        await app.StartAsync();
        http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
        await story.DisposeAsync();
    }

    [Fact]
    public async Task A_question_is_answered_with_file_line_and_snippet()
    {
        var answer = await http.GetFromJsonAsync<SearchAnswer>("/forge/search?q=NEEDLE&repo=repo&limit=1", JsonSerializerOptions.Web);
        Assert.Equal(("NEEDLE", true), (answer!.Query, answer.Truncated));
        Assert.Equal([new SearchHit("repo", "a", 2, "the Needle")], answer.Hits);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?q=")]
    [InlineData("?q=ab")]
    [InlineData("?q=abc&q=def")]
    [InlineData("?q=a%00bc")]
    [InlineData("?q=a%0Abc")]
    [InlineData("?q=abc&limit=0")]
    [InlineData("?q=abc&limit=-1")]
    [InlineData("?q=abc&limit=99999999999999")]
    [InlineData("?q=abc&limit=x")]
    [InlineData("?q=abc&repo=%00")]
    public async Task A_bad_question_is_answered_with_one_sentence(string question)
    {
        using var response = await http.GetAsync("/forge/search" + question);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var detail = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString();
        Assert.Equal(1, detail!.Count(c => c == '.'));
    }

    [Theory]
    [InlineData("%25_%25")]
    [InlineData("%22%22%22")]
    [InlineData("%27;drop table file;--")]
    [InlineData("%FF%FE%FD")]
    [InlineData("%ED%A0%80abc")]
    [InlineData("{jndi:x}")]
    [InlineData("%E2%80%AEabc")]
    public async Task A_hostile_question_finds_nothing(string question)
    {
        var answer = await http.GetFromJsonAsync<SearchAnswer>("/forge/search?q=" + question, JsonSerializerOptions.Web);
        Assert.Empty(answer!.Hits);
    }

    [Fact]
    public async Task A_question_of_5_kB_is_refused()
    {
        using var response = await http.GetAsync("/forge/search?q=" + new string('%', 1) + "25" + new string('a', 5_000));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }
}
