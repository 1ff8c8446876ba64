using System.Diagnostics.Metrics;
using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using BusJobs.Scheduling.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace BusJobs.Api.Metrics;

/// <summary>Adds <c>/metrics</c> to a host of any role.</summary>
public static class MetricsRegistration
{
    private const string Path = "/metrics";

    extension(IServiceCollection services)
    {
        /// <summary>Adds what collects the meters of this host. They cost next to nothing until it is there, and little then.</summary>
        public IServiceCollection AddBusJobsMetrics(Action<MetricsOptions>? configure = null)
        {
            services.AddOptions<MetricsOptions>().Configure(configure ?? (_ => { }))
                .Validate(options => options.ScrapeFrom.All(text => MetricsOptions.Network(text).PrefixLength >= 0)).ValidateOnStart();
            services.TryAddSingleton<Scrapers>();
            services.TryAddSingleton(provider => new Scrape(provider.GetRequiredService<IMeterFactory>(), provider.GetService<LedgerGauges>()));
            return services;
        }
    }

    extension(WebApplication app)
    {
        /// <summary>
        /// Maps <c>/metrics</c>. Where the HTTP API is, it is read as everything else is, with a key of the scope read, or without one from the addresses
        /// of <see cref="MetricsOptions.ScrapeFrom"/>; a process without the API knows no keys, and answers those addresses only.
        /// </summary>
        public void MapBusJobsMetrics()
        {
            // Counting begins here, not at the first scrape.
            var scrape = app.Services.GetRequiredService<Scrape>();
            var endpoint = app.MapGet(Path, async (HttpContext http, CancellationToken cancellationToken) =>
                TypedResults.Text(await scrape.TextAsync(cancellationToken), PrometheusText.ContentType)).ExcludeFromDescription();
            if (app.Services.GetService<KeyCheck>() is not null)
            {
                endpoint.Needs(ApiScopes.Read, allTenants: true).WithMetadata(new ForScrapers());
                return;
            }

            endpoint.AddEndpointFilter(async (context, next) => IsLetIn(context.HttpContext)
                ? await next(context)
                : Problems.Refused(
                    StatusCodes.Status403Forbidden, "This process knows no API keys: name the address of the scraper in the setting BusJobs:Metrics:ScrapeFrom."));
        }
    }

    private static bool IsLetIn(HttpContext http) =>
        http.RequestServices.GetRequiredService<Scrapers>().Admit(http) || (http.RequestServices.GetRequiredService<IHostEnvironment>().IsDevelopment() && http.IsNear);
}
