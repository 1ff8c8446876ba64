using System.Net;
using BusJobs.Api;
using BusJobs.Api.Metrics;
using BusJobs.Benchmarks.Running;
using BusJobs.Benchmarks.Servers;
using BusJobs.Bus;
using BusJobs.Ledger;
using BusJobs.Scheduling;
using BusJobs.Scheduling.Definitions;
using BusJobs.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace BusJobs.Benchmarks.Pages;

/// <summary>API and dashboard on a ledger, in this process, with a worker that beats and gets nothing to do; and an operator who is signed in.</summary>
internal sealed class PageServer : IAsyncDisposable
{
    private const int Schedules = 100;

    private readonly WebApplication app;

    private PageServer(WebApplication app)
    {
        this.app = app;
        Operator = new HttpClient(new SocketsHttpHandler { UseProxy = false, CookieContainer = new CookieContainer() }) { BaseAddress = new Uri(app.Urls.First()) };
    }

    /// <summary>Has a session with every scope.</summary>
    public HttpClient Operator { get; }

    public static async Task<PageServer> StartAsync(OwnDatabase database, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddBusJobsLedger(new LedgerOptions { Database = database.ConnectionString });
        builder.Services.AddBusJobsBus(bus => bus.RabbitMq = null);
        builder.Services.AddBusJobsApi();
        builder.Services.AddSingleton(new Probe(expected: 0));
        builder.Services.AddBusJobsWorker(worker => worker.Queue("default", 4).Queue("mail", 4).Queue("reports", 4).Handle<Noop, NoopHandler>());
        var host = builder.Build();
        host.MapBusJobsApi();
        host.MapBusJobsMetrics();
        await host.StartAsync(cancellationToken);
        var server = new PageServer(host);
        await server.SignInAsync(cancellationToken);
        await server.AddSchedulesAsync(cancellationToken);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        Operator.Dispose();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        await app.StopAsync(patience.Token);
        await app.DisposeAsync();
    }

    private async Task SignInAsync(CancellationToken cancellationToken)
    {
        var (text, key) = ApiKeyText.Make("ops", ApiScopes.Admin, tenant: null, lifetime: null, TimeProvider.System);
        await app.Services.GetRequiredService<IApiKeys>().AddKeyAsync(key, cancellationToken);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["key"] = text, ["to"] = "/audit" });
        using var response = await Operator.PostAsync("/signin", form, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private async Task AddSchedulesAsync(CancellationToken cancellationToken)
    {
        var schedules = app.Services.GetRequiredService<Schedules>();
        for (var i = 0; i < Schedules; i++)
        {
            await schedules.SaveAsync(new ScheduleDefinition { Id = $"report-{i}", Kind = "shop.kind-01", Rule = $"{i % 60} * * * *" }, cancellationToken);
        }
    }
}
