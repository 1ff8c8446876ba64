using System.Net;
using System.Text.RegularExpressions;
using BusJobs.IntegrationTests.Api;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Dashboard;

/// <summary>Somebody with a browser without scripts: keeps cookies, sends forms with the token that their page had, and follows to the next page.</summary>
internal sealed partial class Visit : IDisposable
{
    private readonly HttpClient http;

    private Visit(Uri address) => http = new HttpClient(new SocketsHttpHandler { UseProxy = false, CookieContainer = new CookieContainer() }) { BaseAddress = address };

    public HttpClient Http => http;

    [GeneratedRegex("name=\"formToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Token { get; }

    public static async Task<Visit> BeginAsync(ApiStory story, ApiScopes scopes = ApiScopes.Admin, string? tenant = null)
    {
        var visit = new Visit(story.Address);
        var (status, _) = await visit.SendAsync("/signin", new() { ["key"] = await story.KeyAsync(scopes, tenant) });
        Assert.Equal(200, status);
        return visit;
    }

    public static Visit WithoutKey(ApiStory story) => new(story.Address);

    public async Task<(int Status, string Page)> SeeAsync(string path)
    {
        using var response = await http.GetAsync(path);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Sends a form from a page of the session.</summary>
    public async Task<(int Status, string Page)> DoAsync(string path, string from = "/jobs", Dictionary<string, string>? fields = null)
    {
        var (_, page) = await SeeAsync(from);
        return await SendAsync(path, new(fields ?? []) { ["formToken"] = Token.Match(page).Groups["token"].Value });
    }

    public async Task<(int Status, string Page)> SendAsync(string path, Dictionary<string, string> fields, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync()));
    }

    public void Dispose() => http.Dispose();
}
