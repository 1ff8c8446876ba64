using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using BusJobs.Api;
using BusJobs.Api.Enqueue;
using BusJobs.Api.Metrics;
using BusJobs.Bus;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Ledger.Audit;
using BusJobs.Ledger.Letters;
using BusJobs.Ledger.Schedules;
using BusJobs.Ledger.Upkeep;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BusJobs.IntegrationTests.Api;

/// <summary>A real server with the HTTP API on a ledger of the test's own, and a caller who has a key for everything.</summary>
internal sealed class ApiStory : IAsyncDisposable
{
    private readonly WebApplication app;

    private ApiStory(WebApplication app, string key)
    {
        this.app = app;
        Address = new Uri(app.Urls.First());
        Key = key;
        Http = Caller(key);
    }

    public Uri Address { get; }

    /// <summary>An API key with the scope admin.</summary>
    public string Key { get; }

    /// <summary>Calls with <see cref="Key"/>.</summary>
    public HttpClient Http { get; }

    public IServiceProvider Services => app.Services;

    public ILedger Ledger => Services.GetRequiredService<ILedger>();

    /// <param name="insert">What commits the jobs. Default: the ledger.</param>
    /// <param name="services">What the host adds of its own, and <paramref name="map"/> what it maps.</param>
    public static async Task<ApiStory> StartAsync(
        LedgerFixture fixture, string environment = "Production", Action<ApiOptions>? configure = null, InsertJobs? insert = null,
        Action<MetricsOptions>? metrics = null, Action<IServiceCollection>? services = null, Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(fixture.OpenAnother());
        builder.Services.AddSingleton<IApiKeys>(provider => provider.GetRequiredService<ILedger>());
        builder.Services.AddSingleton(provider => (IScheduleStore)provider.GetRequiredService<ILedger>());
        builder.Services.AddSingleton(provider => (IUpkeepStore)provider.GetRequiredService<ILedger>());
        builder.Services.AddSingleton(provider => (IAuditTrail)provider.GetRequiredService<ILedger>());
        builder.Services.AddSingleton(provider => (IDeadLetters)provider.GetRequiredService<ILedger>());
        builder.Services.AddBusJobsBus(bus => bus.RabbitMq = null);
        builder.Services.AddBusJobsApi(configure);
        builder.Services.AddBusJobsMetrics(metrics);
        services?.Invoke(builder.Services);
        if (insert is not null)
        {
            builder.Services.AddSingleton(insert);
        }

        var server = builder.Build();
        server.MapBusJobsApi();
        server.MapBusJobsMetrics();
        map?.Invoke(server);
        server.MapGet("/unlabelled", () => "secret");
        await server.StartAsync();
        return new ApiStory(server, await KeyAsync(server.Services, ApiScopes.Admin));
    }

    public static async Task<string> KeyAsync(IServiceProvider services, ApiScopes scopes, string? tenant = null, TimeSpan? lifetime = null)
    {
        var (text, key) = ApiKeyText.Make("test", scopes, tenant, lifetime, TimeProvider.System);
        await services.GetRequiredService<IApiKeys>().AddKeyAsync(key, CancellationToken.None);
        return text;
    }

    public Task<string> KeyAsync(ApiScopes scopes, string? tenant = null, TimeSpan? lifetime = null) => KeyAsync(Services, scopes, tenant, lifetime);

    /// <param name="key">Null to come without one.</param>
    public HttpClient Caller(string? key)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = Address };
        http.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return http;
    }

    public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    /// <returns>The status and the body.</returns>
    public async Task<(int Status, JsonElement Body)> PostAsync(string path, string body, HttpClient? http = null)
    {
        using var response = await (http ?? Http).PostAsync(path, Json(body));
        return await ReadAsync(response);
    }

    public async Task<(int Status, JsonElement Body)> GetAsync(string path, HttpClient? http = null)
    {
        using var response = await (http ?? Http).GetAsync(path);
        return await ReadAsync(response);
    }

    public async Task PutAsync(string path, string body) => Assert.Equal(204, (await SendAsync(HttpMethod.Put, path, body)).Status);

    public async Task LiftAsync(string path) => Assert.Equal(204, (await SendAsync(HttpMethod.Delete, path, body: null)).Status);

    public async Task<(int Status, JsonElement Body)> SendAsync(HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Json(body) };
        using var response = await Http.SendAsync(request);
        return await ReadAsync(response);
    }

    public async Task<Guid> EnqueueAsync(string more = "", HttpClient? http = null)
    {
        var (status, body) = await PostAsync("/api/jobs", $$"""{"kind": "test.job", "payload": {} {{more}}}""", http);
        Assert.Equal(202, status);
        return body.GetProperty("id").GetGuid();
    }

    public static async Task<(int Status, JsonElement Body)> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        if ((int)response.StatusCode >= 400 && (int)response.StatusCode != 429)
        {
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        }

        return ((int)response.StatusCode, text.Length == 0 ? default : JsonElement.Parse(text));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
