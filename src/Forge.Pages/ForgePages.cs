using BusJobs.Api.Dashboard.Shell;
using BusJobs.Ledger;
using Forge.Pages.Activity;
using Forge.Pages.Search;
using Forge.Pages.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Pages;

/// <summary>Adds the forge's pages to the dashboard of a host that has both. The forge knows no tenants of the ledger, so they are for keys that are bound to none.</summary>
public static class ForgePages
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds code search to the dashboard's navigation. Call <c>AddForge</c> and <c>AddBusJobsApi</c> as well.</summary>
        public IServiceCollection AddForgeSearchPage() => services.AddSingleton<SearchPages>().AddSingleton(new DashboardPlace(SearchPages.Path, "Code search", AllTenants: true));

        /// <summary>Adds activity to the dashboard's navigation. Call <c>AddForgeHub</c> and <c>AddBusJobsApi</c> as well.</summary>
        public IServiceCollection AddForgeActivityPage() => services.AddSingleton(new DashboardPlace(ActivityPages.Path, "Activity", AllTenants: true));

        /// <summary>Adds webhooks to the dashboard's navigation. Call <c>AddForgeHub</c>, <c>AddForgeHooks</c> and <c>AddBusJobsApi</c> as well.</summary>
        public IServiceCollection AddForgeWebhookPages() => services.AddSingleton(new DashboardPlace(WebhookPages.Path, "Webhooks", AllTenants: true));
    }

    extension(IEndpointRouteBuilder endpoints)
    {
        /// <summary>Maps <c>GET /search</c>.</summary>
        public void MapForgeSearchPage() => endpoints
            .MapGet(SearchPages.Path, (HttpContext http, SearchPages pages, CancellationToken token) => pages.ShowAsync(http, token)).AsPage(ApiScopes.Read, allTenants: true).TellsOutage();

        /// <summary>Maps <c>GET /activity</c> and, for operators, <c>POST /activity/{org}/{name}/fill</c>.</summary>
        public void MapForgeActivityPage()
        {
            endpoints.MapGet(ActivityPages.Path, ActivityPages.ShowAsync).AsPage(ApiScopes.Read, allTenants: true).TellsOutage();
            endpoints.MapPost(ActivityPages.Path + "/{org}/{name}/fill", ActivityPages.FillAsync).AsDeed(ApiScopes.Operate, allTenants: true).TellsOutage();
        }

        /// <summary>Maps <c>GET /webhooks</c>, <c>GET /webhooks/{id}</c> and, for operators, <c>POST /webhooks/{id}/redeliver</c>.</summary>
        public void MapForgeWebhookPages()
        {
            endpoints.MapGet(WebhookPages.Path, WebhookPages.ShowAsync).AsPage(ApiScopes.Read, allTenants: true).TellsOutage();
            endpoints.MapGet(WebhookPages.Path + "/{id:guid}", WebhookPages.ShowDeliveryAsync).AsPage(ApiScopes.Read, allTenants: true).TellsOutage();
            endpoints.MapPost(WebhookPages.Path + "/{id:guid}/redeliver", WebhookPages.RedeliverAsync).AsDeed(ApiScopes.Operate, allTenants: true).TellsOutage();
        }
    }
}
