using System.Threading.RateLimiting;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace BusJobs.Api.Access.Bounds;

/// <summary>
/// How fast one caller may look and act, so that a script that runs wild leaves room for the others. Enqueueing has bounds of its own: the room of
/// this process, and the door of the ledger.
/// </summary>
internal sealed class CallRates : IDisposable
{
    private const int SecondsAtOnce = 10;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // Not by ASP.NET's middleware: what that makes is never disposed, and its timer keeps the whole host in memory after its end.
    private readonly PartitionedRateLimiter<HttpContext> limiter;

    public CallRates(IOptions<ApiOptions> options) =>
        limiter = PartitionedRateLimiter.Create<HttpContext, (string Caller, ApiScopes Scope)>(http => http.GetEndpoint()?.Metadata.GetMetadata<NeededScope>()?.Scope switch
        {
            ApiScopes.Read => Of(http, ApiScopes.Read, options.Value.MaxReads),
            ApiScopes.Operate or ApiScopes.Admin => Of(http, ApiScopes.Operate, options.Value.MaxDeeds),
            _ => RateLimitPartition.GetNoLimiter(("", ApiScopes.None)),
        });

    /// <summary>Lets a request through, or tells its caller when to come back.</summary>
    public async Task LimitAsync(HttpContext http, RequestDelegate next)
    {
        using var lease = limiter.AttemptAcquire(http);
        await (lease.IsAcquired ? next(http) : RefuseAsync(http, lease));
    }

    public void Dispose() => limiter.Dispose();

    private static RateLimitPartition<(string Caller, ApiScopes Scope)> Of(HttpContext http, ApiScopes scope, int perSecond) => RateLimitPartition.GetTokenBucketLimiter(
        (http.User.KeyId, scope), _ => new TokenBucketRateLimiterOptions { ReplenishmentPeriod = Second, TokensPerPeriod = perSecond, TokenLimit = SecondsAtOnce * perSecond });

    private static async Task RefuseAsync(HttpContext http, RateLimitLease refused)
    {
        const string Detail = "This key calls faster than it may; nothing was done.";
        var after = refused.TryGetMetadata(MetadataName.RetryAfter, out var wait) && wait > Second ? wait : Second;
        await (http.IsPage ? await http.RefusedPageAsync(StatusCodes.Status429TooManyRequests, Detail) : Problems.TryLater(after, Detail)).ExecuteAsync(http);
    }
}
