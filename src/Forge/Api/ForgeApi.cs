using Forge.Search;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Forge.Api;

/// <summary>The forge over HTTP.</summary>
public static class ForgeApi
{
    extension(IEndpointRouteBuilder endpoints)
    {
        /// <summary>Maps <c>/forge/search</c> and everything below <c>/forge/repositories</c>. <c>AddForgeHub</c> and <c>AddForgeHooks</c> add what it needs.</summary>
        /// <param name="token">What callers have to bring; null lets everybody in.</param>
        public void MapForge(string? token)
        {
            // Where the host asks callers for API keys as well, the guard alone stands before these.
            var calls = endpoints.MapGroup("/forge").AllowAnonymous();
            var guard = new Guard(token);
            calls.AddEndpointFilter(guard);
            endpoints.MapForgeSearch().AllowAnonymous().AddEndpointFilter(guard);
            RepositoryCalls.Map(calls);
            PullCalls.Map(calls);
            HookCalls.Map(calls);
            DeliveryCalls.Map(calls);
            ActivityCalls.Map(calls);
        }
    }
}
