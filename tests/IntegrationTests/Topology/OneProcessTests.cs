using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using BusJobs.IntegrationTests.Kill;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Topology;

/// <summary>The forge with all roles in one process, embedded.</summary>
public sealed partial class OneProcessTests
{
    private const string Token = "a token for tests";

    [GeneratedRegex("bj_[A-Za-z0-9_-]{20,}", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ApiKey { get; }

    [Fact]
    public async Task It_has_the_dashboard_with_the_forges_pages_behind_an_API_key_and_its_own_calls_behind_its_token()
    {
        var folder = Directory.CreateTempSubdirectory("forge-one-");
        await using (var forge = Start(folder.FullName))
        {
            using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri((await forge.LineAsync("forge all at")).Split(' ', ',')[3]) };
            await Eventually.HoldsAsync(async () => await StatusAsync(http, "/health/ready") == HttpStatusCode.OK, TimeSpan.FromSeconds(60), $"{forge}");
            foreach (var path in (string[])["/", "/jobs", "/search", "/activity", "/webhooks", "/schedules"])
            {
                Assert.Equal(HttpStatusCode.SeeOther, await StatusAsync(http, path));
            }

            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, "/metrics"));
            var key = ApiKey.Match(await http.GetStringAsync((await forge.LineAsync("signin?token=")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1])).Value;
            // Whoever calls the forge often brings no bad keys to the dashboard.
            for (var call = 0; call < 30; call++)
            {
                Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, "/forge/search?q=nothing", Token));
            }

            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, "/forge/search?q=nothing", key));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, "/api/jobs", Token));
            foreach (var path in (string[])["/", "/search", "/activity", "/webhooks", "/schedules", "/api/jobs", "/metrics"])
            {
                Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, path, key));
            }
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task From_its_first_start_in_an_empty_folder_to_its_end_it_has_nothing_to_warn_of()
    {
        var folder = Directory.CreateTempSubdirectory("forge-first-");
        await using (var forge = Start(folder.FullName))
        {
            using var http = new HttpClient { BaseAddress = new Uri((await forge.LineAsync("forge all at")).Split(' ', ',')[3]) };
            await Eventually.HoldsAsync(async () => await StatusAsync(http, "/health/ready") == HttpStatusCode.OK, TimeSpan.FromSeconds(60), $"{forge}");
            await forge.LineAsync("Relay ");
            forge.Terminate();
            await forge.ExitAsync();
            Assert.DoesNotContain($"{forge}".Split('\n'), line => line.TrimStart().Split(": ")[0] is "warn" or "fail" or "crit");
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_second_one_leaves_the_folder_of_the_first_alone_and_another_one_its_port()
    {
        var folder = Directory.CreateTempSubdirectory("forge-twice-");
        await using (var forge = Start(folder.FullName))
        {
            var address = (await forge.LineAsync("forge all at")).Split(' ', ',')[3];
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Path.Combine(folder.FullName, "data")) == (UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
            await RefusedAsync(Start(folder.FullName), "forge: Another process uses the data folder: stop it, or name another one with --data.");
            await RefusedAsync(Start(Path.Combine(folder.FullName, "other"), address), "address already in use: choose another address with --urls.");
        }

        folder.Delete(recursive: true);
    }

    private static async Task RefusedAsync(FaultProcess second, string sentence)
    {
        await using (second)
        {
            await second.ExitAsync();
            Assert.Equal(2, second.ExitCode);
            await second.LineAsync(sentence);
            Assert.False(second.Says("disposed object") || second.Says("   at "), $"{second}");
        }
    }

    private static FaultProcess Start(string folder, string urls = "http://127.0.0.1:0") => FaultProcess.Start(
        "Forge.Host.dll",
        ["--urls", urls, "--data", Path.Combine(folder, "data")],
        new Dictionary<string, string?> { ["FORGE_TOKEN"] = Token, ["FORGE_DATABASE"] = "", ["BUSJOBS_RABBITMQ"] = "", ["BUSJOBS_DATABASE"] = "", ["DOTNET_ENVIRONMENT"] = "Production" });

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string path, string? bearer = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = bearer is null ? null : new AuthenticationHeaderValue("Bearer", bearer);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
