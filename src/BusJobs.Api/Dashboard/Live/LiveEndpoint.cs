using BusJobs.Api.Access;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace BusJobs.Api.Dashboard.Live;

/// <summary>
/// Tells pages that there is something new, by server-sent events without content: a page then asks for itself again, with the access that it has.
/// </summary>
internal sealed class LiveEndpoint(Samples samples, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    private const int MostStreams = 200;
    private static readonly TimeSpan LongestStream = TimeSpan.FromMinutes(10);

    private int streams;

    public static void Map(IEndpointRouteBuilder endpoints) => endpoints
        .MapGet("/live", (HttpContext http, LiveEndpoint live, CancellationToken token) => live.TellAsync(http, token)).Needs(ApiScopes.Read).ExcludeFromDescription();

    private async Task TellAsync(HttpContext http, CancellationToken gone)
    {
        // A server that stops does not wait for those who listen.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(gone, lifetime.ApplicationStopping);
        var cancellationToken = end.Token;
        try
        {
            if (Interlocked.Increment(ref streams) > MostStreams)
            {
                http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
                return;
            }

            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync("retry: 15000\n\n", cancellationToken);
            await http.Response.Body.FlushAsync(cancellationToken);
            var since = clock.GetTimestamp();
            while (clock.GetElapsedTime(since) < LongestStream)
            {
                await samples.Next.WaitAsync(LongestStream, clock, cancellationToken);
                await http.Response.WriteAsync("data: new\n\n", cancellationToken);
                await http.Response.Body.FlushAsync(cancellationToken);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            // The browser has gone, or nothing is new: it asks again by itself.
        }
        finally
        {
            Interlocked.Decrement(ref streams);
        }
    }
}
