using System.Globalization;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using BusJobs.Ledger.Audit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Dashboard.Pages;

/// <param name="Next">Where the next page begins; null at the end.</param>
public sealed record AuditModel(IReadOnlyList<AuditEntry> Entries, long? Next, DateTimeOffset Now);

/// <summary>What operators did.</summary>
internal sealed class Audit(IAuditTrail trail, TimeProvider clock)
{
    private const int Lines = 100;

    public static void Map(IEndpointRouteBuilder endpoints) => endpoints
        .MapGet("/audit", (HttpContext http, Audit audit, CancellationToken token) => audit.ShowAsync(http, token)).AsPage(ApiScopes.Read, allTenants: true);

    private async Task<IResult> ShowAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var query = new Query(http.Request, "before");
        long? before = query.Text("before") is not { } text ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw query.Refused("before", text, "the number of an entry");
        var entries = await trail.EntriesAsync(before, Lines + 1, cancellationToken);
        return await http.PageAsync<AuditPage>(new AuditModel([.. entries.Take(Lines)], entries.Count > Lines ? entries[Lines - 1].Id : null, clock.GetUtcNow()));
    }
}
