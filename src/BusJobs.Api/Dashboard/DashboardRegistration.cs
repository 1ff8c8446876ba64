using BusJobs.Api.Dashboard.Letters;
using BusJobs.Api.Dashboard.Live;
using BusJobs.Api.Dashboard.Pages;
using BusJobs.Api.Dashboard.Shell;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.Api.Dashboard;

/// <summary>The pages for operators, beside the HTTP API: server-rendered, whole without scripts.</summary>
internal static class DashboardRegistration
{
    private static readonly DashboardPlace[] Places =
    [
        new("/", "Overview", AllTenants: true), new("/jobs", "Jobs", AllTenants: false), new("/dead", "Dead letters", AllTenants: false), new("/queues", "Queues", AllTenants: true),
        new("/workers", "Workers", AllTenants: true), new("/schedules", "Schedules", AllTenants: false), new("/audit", "Audit", AllTenants: true),
    ];

    public static void Add(IServiceCollection services)
    {
        foreach (var place in Places)
        {
            services.AddSingleton(place);
        }

        services.AddSingleton<FormGuard>();
        services.AddSingleton<Samples>().AddSingleton<Latencies>().AddSingleton<Sampler>().AddHostedService(provider => provider.GetRequiredService<Sampler>());
        services.AddSingleton<Troubles>().AddSingleton<LiveEndpoint>();
        services.AddSingleton<Overview>().AddSingleton<JobList>().AddSingleton<OneJob>().AddSingleton<Bulk>();
        services.AddSingleton<Queues>().AddSingleton<Workers>().AddSingleton<SchedulePages>().AddSingleton<Audit>();
        services.AddSingleton<Ramps>().AddHostedService(provider => provider.GetRequiredService<Ramps>());
        services.AddSingleton<DeadLetterPages>();
    }

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        Files.Map(endpoints);
        LiveEndpoint.Map(endpoints);
        Overview.Map(endpoints);
        JobList.Map(endpoints);
        Bulk.Map(endpoints);
        OneJob.Map(endpoints);
        DeadLetterPages.Map(endpoints);
        Queues.Map(endpoints);
        Workers.Map(endpoints);
        SchedulePages.Map(endpoints);
        Audit.Map(endpoints);
    }
}
