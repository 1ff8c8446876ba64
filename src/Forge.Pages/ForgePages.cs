using BusJobs.Api.Dashboard.Shell;
using BusJobs.Ledger;
using Forge.Pages.Search;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Pages;

/// <summary>Adds the forge's pages to the dashboard of a host that has both.</summary>
public static class ForgePages
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds code search to the dashboard's navigation. Call <c>AddForge</c> and <c>AddBusJobsApi</c> as well.</summary>
        public IServiceCollection AddForgeSearchPage() => services.AddSingleton<SearchPages>().AddSingleton(new DashboardPlace(SearchPages.Path, "Code search", AllTenants: true));
    }

    extension(IEndpointRouteBuilder endpoints)
    {
        /// <summary>Maps <c>GET /search</c>. The index knows no tenants, so it is for keys that are bound to none.</summary>
        public void MapForgeSearchPage() => endpoints
            .MapGet(SearchPages.Path, (HttpContext http, SearchPages pages, CancellationToken token) => pages.ShowAsync(http, token))
            .AsPage(ApiScopes.Read, allTenants: true);
    }
}
