using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Http;

namespace BusJobs.Api.Jobs;

/// <summary>Which jobs a query or a body asks for; another tenant's are not there for a key that is bound to one.</summary>
internal static class FilterQuery
{
    public static readonly string[] Names = ["state", "discarded", .. Choices];

    private const int MaxMember = 200;

    private static readonly string MemberForm = $"name=value: a member at the top of the payload, and its text, number, true or false, each of at most {MaxMember} characters";

    /// <summary>What says more of jobs than the state that they are in.</summary>
    public static IReadOnlyList<string> Choices => ["kind", "queue", "tenant", "tag", "member", "from", "to"];

    /// <exception cref="InputException">Something that is said is not allowed; all that is wrong is named.</exception>
    public static JobFilter Read(HttpContext http, Words words)
    {
        var faults = new Faults();
        var filter = new JobFilter
        {
            State = faults.Read(() => State(words)),
            Discarded = faults.Read(() => Discarded(words)),
            Kind = faults.Read(() => words.Name("kind")),
            Queue = faults.Read(() => words.Name("queue")),
            Tenant = faults.Read(() => Tenant(http, words)),
            Tag = faults.Read(() => words.Name("tag")),
            Member = faults.Read(() => Member(words)),
            From = faults.Read(() => words.DayOrTime("from")),
            To = faults.Read(() => words.DayOrTime("to")),
        };
        faults.Throw();
        return filter.From >= filter.To ? throw words.Refused("to", words.Text("to"), "a time after 'from'") : filter;
    }

    /// <summary>What was said again, as the end of an address, with its question mark; empty for nothing.</summary>
    public static string AddressOf(Words words) => QueryString.Create(Names.Select(name => KeyValuePair.Create(name, words.Text(name))).Where(one => one.Value is not null)).ToString();

    /// <summary>What was said, for people.</summary>
    public static string WordsOf(Words words) => string.Join(", ", Names.Where(name => words.Text(name) is not null).Select(name => name switch
    {
        "state" => words.Text(name),
        "discarded" => name,
        "member" => $"payload has {words.Text(name)}",
        "from" => $"enqueued from {words.Text(name)}",
        "to" => $"enqueued before {words.Text(name)}",
        _ => $"{name} {words.Text(name)}",
    }));

    private static LedgerState? State(Words words) => words.Text("state") is not { } text ? null
        : Enum.GetValues<LedgerState>().Where(state => state.Word == text).Cast<LedgerState?>().FirstOrDefault()
            ?? throw words.Refused("state", text, string.Join(", ", Enum.GetValues<LedgerState>().Select(state => state.Word)));

    private static bool Discarded(Words words) => words.Text("discarded") switch
    {
        null => false,
        "true" => true,
        var text => throw words.Refused("discarded", text, "true, for dead jobs that were discarded"),
    };

    /// <summary>What is masked in payloads must not be guessed by asking for it.</summary>
    private static MemberFilter? Member(Words words)
    {
        if (words.Text("member") is not { } text)
        {
            return null;
        }

        return text.IndexOf('=', StringComparison.Ordinal) is not (> 0 and <= MaxMember and var at) || text.Length - at > MaxMember ? throw words.Refused("member", text, MemberForm)
            : PayloadMask.IsSecret(text[..at]) ? throw words.Refused("member", text[..at], "a member that is not masked as a secret in payloads")
            : new MemberFilter(text[..at], text[(at + 1)..]);
    }

    /// <summary>Whose jobs are asked for: the caller's, if it is bound to a tenant.</summary>
    public static string? Tenant(HttpContext http, Words words)
    {
        var asked = words.Name("tenant");
        return http.User.Tenant is not { } own ? asked
            : asked is null || asked == own ? own
            : throw words.Refused("tenant", asked, $"'{own}', which this API key is bound to");
    }
}
