using System.Threading.RateLimiting;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace BusJobs.Api.Access.Bounds;

/// <summary>
/// How fast one caller may look and act, so that a script that runs wild leaves room for the others. Enqueueing has bounds of its own: the room of
/// this process, and the door of the ledger.
/// </summary>
internal sealed class CallRates(IOptions<ApiOptions> options) : IConfigureOptions<RateLimiterOptions>
{
    private const int SecondsAtOnce = 10;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    public void Configure(RateLimiterOptions limiter)
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, (string Caller, ApiScopes Scope)>(http => http.GetEndpoint()?.Metadata.GetMetadata<NeededScope>()?.Scope switch
        {
            ApiScopes.Read => Of(http, ApiScopes.Read, options.Value.MaxReads),
            ApiScopes.Operate or ApiScopes.Admin => Of(http, ApiScopes.Operate, options.Value.MaxDeeds),
            _ => RateLimitPartition.GetNoLimiter(("", ApiScopes.None)),
        });
        limiter.OnRejected = TellAsync;
    }

    private static RateLimitPartition<(string Caller, ApiScopes Scope)> Of(HttpContext http, ApiScopes scope, int perSecond) => RateLimitPartition.GetTokenBucketLimiter(
        (http.User.KeyId, scope), _ => new TokenBucketRateLimiterOptions { ReplenishmentPeriod = Second, TokensPerPeriod = perSecond, TokenLimit = SecondsAtOnce * perSecond });

    private static async ValueTask TellAsync(OnRejectedContext refused, CancellationToken cancellationToken)
    {
        const string Detail = "This key calls faster than it may; nothing was done.";
        var after = refused.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) && wait > Second ? wait : Second;
        var http = refused.HttpContext;
        await (http.IsPage ? await http.RefusedPageAsync(StatusCodes.Status429TooManyRequests, Detail) : Problems.TryLater(after, Detail)).ExecuteAsync(http);
    }
}
