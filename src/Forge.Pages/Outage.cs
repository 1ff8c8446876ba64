using System.Data.Common;
using BusJobs.Api.Dashboard.Shell;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Forge.Pages;

/// <summary>The forge's database is not the ledger's: when it is away, jobs go on, and the page says so.</summary>
internal static class Outage
{
    extension(RouteHandlerBuilder page)
    {
        public RouteHandlerBuilder TellsOutage() => page.AddEndpointFilter(async (call, next) =>
        {
            // What comes from EF Core may be wrapped.
            try
            {
                return await next(call);
            }
            catch (Exception exception) when (exception is DbException or { InnerException: DbException or { InnerException: DbException } } && !call.HttpContext.RequestAborted.IsCancellationRequested)
            {
                return await call.HttpContext.RefusedPageAsync(
                    StatusCodes.Status503ServiceUnavailable, "The database of the forge is not reachable now. Jobs are not touched by that; try again in a moment.");
            }
        });
    }
}
