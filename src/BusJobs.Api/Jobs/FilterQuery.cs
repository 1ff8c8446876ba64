using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Http;

namespace BusJobs.Api.Jobs;

/// <summary>Which jobs a query asks for; another tenant's are not there for a key that is bound to one.</summary>
internal static class FilterQuery
{
    public static readonly string[] Names = ["state", "discarded", "kind", "queue", "tenant", "tag", "member", "from", "to"];

    private const int MaxMember = 200;

    private static readonly string MemberForm = $"name=value: a member at the top of the payload, and its text, number, true or false, each of at most {MaxMember} characters";

    /// <exception cref="InputException">A parameter is not allowed.</exception>
    public static JobFilter Read(HttpContext http, Query query)
    {
        var filter = new JobFilter
        {
            State = State(query),
            Discarded = Discarded(query),
            Kind = query.Name("kind"),
            Queue = query.Name("queue"),
            Tenant = Tenant(http, query),
            Tag = query.Name("tag"),
            Member = Member(query),
            From = query.Time("from"),
            To = query.Time("to"),
        };
        return filter.From >= filter.To ? throw query.Refused("to", query.Text("to")!, "a time after 'from'") : filter;
    }

    private static LedgerState? State(Query query) => query.Text("state") is not { } text ? null
        : Enum.GetValues<LedgerState>().Where(state => state.Word == text).Cast<LedgerState?>().FirstOrDefault()
            ?? throw query.Refused("state", text, string.Join(", ", Enum.GetValues<LedgerState>().Select(state => state.Word)));

    private static bool Discarded(Query query) => query.Text("discarded") switch
    {
        null => false,
        "true" => true,
        var text => throw query.Refused("discarded", text, "true, for dead jobs that were discarded"),
    };

    /// <summary>What is masked in payloads must not be guessed by asking for it.</summary>
    private static MemberFilter? Member(Query query)
    {
        if (query.Text("member") is not { } text)
        {
            return null;
        }

        return text.IndexOf('=', StringComparison.Ordinal) is not (> 0 and <= MaxMember and var at) || text.Length - at > MaxMember ? throw query.Refused("member", text, MemberForm)
            : PayloadMask.IsSecret(text[..at]) ? throw query.Refused("member", text[..at], "a member that is not masked as a secret in payloads")
            : new MemberFilter(text[..at], text[(at + 1)..]);
    }

    private static string? Tenant(HttpContext http, Query query)
    {
        var asked = query.Name("tenant");
        return http.User.Tenant is not { } own ? asked
            : asked is null || asked == own ? own
            : throw query.Refused("tenant", asked, $"'{own}', which this API key is bound to");
    }
}
