using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using BusJobs.IntegrationTests.Forge;
using BusJobs.IntegrationTests.Hooks;
using Forge;
using Forge.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BusJobs.IntegrationTests.Hub;

/// <summary>The forge's API as callers reach it, on the hub of a story whose jobs a test runs by hand.</summary>
internal sealed class ForgeSite : IAsyncDisposable
{
    private const string Token = "a token for tests";

    private readonly WebApplication app;
    private readonly HttpClient http;

    private ForgeSite(HubStory story, GitFolder git, WebApplication app)
    {
        (Story, Git, this.app) = (story, git, app);
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(app.Urls.First() + "/forge/repositories/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    public HubStory Story { get; }

    /// <summary>The repository acme/repo, whose branch topic is a commit ahead.</summary>
    public GitFolder Git { get; }

    /// <param name="branch">What HEAD of the repository names.</param>
    public static async Task<ForgeSite> StartAsync(bool postgres, string branch = "main", int receiverPort = 1)
    {
        var story = await HubStory.StartAsync(postgres, hooks => HookStory.Allow(hooks, receiverPort));
        var git = await GitFolder.InitAsync(Path.Combine(story.Folder, "acme", "repo"), $"--initial-branch={branch}");
        await git.GitAsync("commit", "--quiet", "--allow-empty", "-m", "one");
        await git.GitAsync("checkout", "--quiet", "-b", "topic");
        await git.GitAsync("commit", "--quiet", "--allow-empty", "-m", "two");
        await git.GitAsync("checkout", "--quiet", branch);
        var options = story.Options with { RepositoryRoot = story.Folder };
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(story.Clock).AddForge(options).AddForgeHub(options, relay: false)
            .AddForgeHooks(options, hooks => HookStory.Allow(hooks, receiverPort));
        var server = builder.Build();
        server.MapForge(Token);
        await server.StartAsync();
        var site = new ForgeSite(story, git, server);
        await site.PostAsync("", new { org = "acme", name = "repo" });
        return site;
    }

    public async Task<JsonElement> GetAsync(string path) => (await SendAsync(HttpMethod.Get, path, body: null, HttpStatusCode.OK)).Answer;

    /// <summary>What a call that succeeds is answered.</summary>
    public async Task<JsonElement> PostAsync(string path, object? body = null)
    {
        var (status, answer) = await SendAsync(HttpMethod.Post, path, body, expected: null);
        Assert.True(status is >= 200 and < 300, $"{path}: {status} {answer}");
        return answer;
    }

    /// <summary>The sentence with which a call is refused.</summary>
    public async Task<string> RefusedAsync(HttpStatusCode status, HttpMethod method, string path, object? body = null) =>
        (await SendAsync(method, path, body, status)).Answer.GetProperty("detail").GetString()!;

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
        await Story.DisposeAsync();
    }

    private async Task<(int Status, JsonElement Answer)> SendAsync(HttpMethod method, string path, object? body, HttpStatusCode? expected)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(expected is null || expected == answer.StatusCode, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return ((int)answer.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text));
    }
}
