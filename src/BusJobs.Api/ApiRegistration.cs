using System.Text.Json.Serialization;
using BusJobs.Api.Access;
using BusJobs.Api.Access.Bounds;
using BusJobs.Api.Dashboard;
using BusJobs.Api.Enqueue;
using BusJobs.Api.Input;
using BusJobs.Api.Jobs;
using BusJobs.Api.Letters;
using BusJobs.Api.Metrics;
using BusJobs.Api.Operate;
using BusJobs.Api.Time;
using BusJobs.Api.Why;
using BusJobs.Bus;
using BusJobs.Ledger;
using BusJobs.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.Api;

/// <summary>Adds the HTTP API to a web host that has a ledger.</summary>
public static class ApiRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the API's parts and its rules of access, which close every endpoint of the host that does not say who may use it.</summary>
        public IServiceCollection AddBusJobsApi(Action<ApiOptions>? configure = null)
        {
            services.AddBusJobsBus();
            services.AddBusJobsSchedules();
            services.AddBusJobsMetrics();
            services.AddOptions<ApiOptions>().Configure(configure ?? (_ => { })).ValidateDataAnnotations().ValidateOnStart();
            services.Configure<KestrelServerOptions>(Limit);
            services.AddProblemDetails();
            // A number is a number here; the document says so, too.
            services.ConfigureHttpJsonOptions(json => json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict);
            services.AddExceptionHandler<Problems>();
            ApiAccess.Add(services);
            services.AddSingleton<Room>();
            services.AddSingleton<InsertJobs>(provider =>
            {
                var ledger = provider.GetRequiredService<ILedger>();
                return jobs => ledger.InsertManyAsync(jobs, transaction: null, CancellationToken.None);
            });
            services.AddSingleton<GroupCommit>().AddHostedService(provider => provider.GetRequiredService<GroupCommit>());
            services.AddSingleton<WorkerEar>().AddHostedService(provider => provider.GetRequiredService<WorkerEar>());
            services.AddSingleton<EnqueueEndpoints>().AddSingleton<JobEndpoints>().AddSingleton<ListEndpoint>().AddSingleton<CancelEndpoint>().AddSingleton<DeadEndpoints>().AddSingleton<Deaths>();
            services.AddSingleton<ScheduleEndpoints>().AddSingleton<PreviewEndpoints>().AddSingleton<RunEndpoints>().AddSingleton<CalendarEndpoints>();
            services.AddSingleton<ServiceEndpoints>();
            services.AddSingleton<Standing>().AddSingleton<Actions>().AddSingleton<SignIn>();
            services.AddSingleton<Diagnosis>().AddSingleton<ScheduleDiagnosis>();
            DashboardRegistration.Add(services);
            services.AddOpenApi(ApiDocument.Describe);
            return services;
        }

        /// <summary>Prints a link by which the first API key is made, once the host has started, where the ledger has none that is good.</summary>
        public IServiceCollection AddBusJobsFirstKey() => services.AddHostedService<FirstKey>();
    }

    extension(WebApplication app)
    {
        /// <summary>Maps everything under <c>/api</c>, and the dashboard at <c>/</c>.</summary>
        public void MapBusJobsApi()
        {
            app.Use((http, next) =>
            {
                http.Response.OnStarting(Harden, http.Response);
                return next(http);
            });
            app.UseExceptionHandler();
            app.UseStatusCodePages();
            // Named here, or they would run before what turns a fault of theirs into an answer.
            app.UseAuthentication();
            app.UseAuthorization();
            app.Use(app.Services.GetRequiredService<CallRates>().LimitAsync);
            var api = app.MapGroup("/api").WithTags("BusJobs");
            api.RecordDeeds();
            EnqueueEndpoints.Map(api);
            JobEndpoints.Map(api);
            ListEndpoint.Map(api);
            CancelEndpoint.Map(api);
            DeadEndpoints.Map(api);
            DeadGroupsEndpoint.Map(api);
            OverviewEndpoints.Map(api);
            BumpEndpoint.Map(api);
            DrainEndpoint.Map(api);
            PauseEndpoints.Map(api);
            LimitEndpoints.Map(api);
            ScheduleEndpoints.Map(api);
            PreviewEndpoints.Map(api);
            RunEndpoints.Map(api);
            CalendarEndpoints.Map(api);
            ServiceEndpoints.Map(api);
            WhyEndpoint.Map(api);
            SignIn.Map(app);
            DashboardRegistration.Map(app);
            app.MapOpenApi("/api/openapi.json").Needs(ApiScopes.Read);
        }
    }

    /// <summary>Nothing but this server's own files; in particular no script or style within a page, whatever came into it.</summary>
    private const string Csp =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    private static Task Harden(object response)
    {
        var headers = ((HttpResponse)response).Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = headers.CacheControl is [] ? "no-store" : headers.CacheControl;
        headers.ContentSecurityPolicy = Csp;
        headers["Referrer-Policy"] = "no-referrer";
        headers.XFrameOptions = "DENY";
        return Task.CompletedTask;
    }

    /// <summary>What every request is held to, before anything of ours sees it.</summary>
    private static void Limit(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.MaxRequestBodySize = Body.SmallBytes;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 1_024, gracePeriod: TimeSpan.FromSeconds(5));
        kestrel.Limits.MaxConcurrentConnections = 10_000;
    }
}
