using BusJobs.Api.Access;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.Api.Operate;

/// <summary>Marks an endpoint whose deed <see cref="Actions"/> records, in more words than its path has.</summary>
internal sealed record RecordsItself;

/// <summary>Records what is done over the HTTP API by endpoints that do not do so themselves: whatever operates, and was not refused.</summary>
internal static class Recorded
{
    extension(RouteGroupBuilder group)
    {
        public void RecordDeeds() => group.AddEndpointFilter(async (call, next) =>
        {
            var result = await next(call);
            var (http, metadata) = (call.HttpContext, call.HttpContext.GetEndpoint()!.Metadata);
            var isDeed = metadata.GetMetadata<NeededScope>() is { Scope: ApiScopes.Operate or ApiScopes.Admin } && metadata.GetMetadata<RecordsItself>() is null;
            var status = (result as IStatusCodeHttpResult)?.StatusCode ?? StatusCodes.Status200OK;
            if (isDeed && status < StatusCodes.Status400BadRequest)
            {
                await http.RequestServices.GetRequiredService<Actions>().RecordAsync(
                    http.User, metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? http.Request.Method, http.Request.Path, detail: null, $"{status}");
            }

            return result;
        });
    }
}
