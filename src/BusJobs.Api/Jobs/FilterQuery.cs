using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Http;

namespace BusJobs.Api.Jobs;

/// <summary>Which jobs a query asks for; another tenant's are not there for a key that is bound to one.</summary>
internal static class FilterQuery
{
    public static readonly string[] Names = ["state", "kind", "queue", "tenant", "tag", "from", "to"];

    /// <exception cref="InputException">A parameter is not allowed.</exception>
    public static JobFilter Read(HttpContext http, Query query)
    {
        var filter = new JobFilter
        {
            State = State(query),
            Kind = query.Name("kind"),
            Queue = query.Name("queue"),
            Tenant = Tenant(http, query),
            Tag = query.Name("tag"),
            From = query.Time("from"),
            To = query.Time("to"),
        };
        return filter.From >= filter.To ? throw query.Refused("to", query.Text("to")!, "a time after 'from'") : filter;
    }

    private static LedgerState? State(Query query) => query.Text("state") is not { } text ? null
        : Enum.GetValues<LedgerState>().Where(state => state.Word == text).Cast<LedgerState?>().FirstOrDefault()
            ?? throw query.Refused("state", text, string.Join(", ", Enum.GetValues<LedgerState>().Select(state => state.Word)));

    private static string? Tenant(HttpContext http, Query query)
    {
        var asked = query.Name("tenant");
        return http.User.Tenant is not { } own ? asked
            : asked is null || asked == own ? own
            : throw query.Refused("tenant", asked, $"'{own}', which this API key is bound to");
    }
}
