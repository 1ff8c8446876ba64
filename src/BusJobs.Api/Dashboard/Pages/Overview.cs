using BusJobs.Api.Access;
using BusJobs.Api.Dashboard.Live;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Operate;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Dashboard.Pages;

public sealed record OverviewModel(
    IReadOnlyList<Trouble> Troubles, IReadOnlyList<QueueView> Queues, IReadOnlyList<KindView> Kinds, IReadOnlyList<WorkerView> Workers,
    IReadOnlyList<Point> Waiting, IReadOnlyList<Point> Succeeded, IReadOnlyList<Point> Latency, IReadOnlyList<Point> Failed, DateTimeOffset Now);

/// <summary>The first page: what is wrong, then how much there is of everything.</summary>
internal sealed class Overview(Standing standing, Troubles troubles, Samples samples, TimeProvider clock)
{
    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/", (HttpContext http, Overview overview, CancellationToken token) => overview.ShowAsync(http, token)).AsPage(ApiScopes.Read);

    private async Task<IResult> ShowAsync(HttpContext http, CancellationToken cancellationToken)
    {
        // Who sees one tenant only is shown that tenant's jobs.
        if (http.User.Tenant is not null)
        {
            return new Said.SeeOther("/jobs");
        }

        var queues = await standing.QueuesAsync(cancellationToken);
        var kinds = await standing.KindsAsync(cancellationToken);
        var workers = standing.Workers();
        var all = samples.All;
        return await http.PageAsync<OverviewPage>(new OverviewModel(
            await troubles.NowAsync(queues, kinds, workers, cancellationToken), queues, kinds, workers,
            [.. all.Select(sample => new Point(sample.At, sample.Ready))], Rates.PerSecond(all, sample => sample.Succeeded),
            [.. all.Select(sample => new Point(sample.At, sample.Latency))], Rates.PerSecond(all, sample => sample.Failed),
            clock.GetUtcNow()));
    }
}
