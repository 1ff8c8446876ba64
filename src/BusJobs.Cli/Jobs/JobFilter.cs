using System.CommandLine;
using BusJobs.Cli.Calling;

namespace BusJobs.Cli.Jobs;

/// <summary>Which jobs: options of lists, and the query that they become.</summary>
internal static class JobFilter
{
    public static readonly Option<string?> Kind = Word.Text("--kind", "Only of this kind.", "KIND");
    public static readonly Option<string?> Queue = Word.Text("--queue", "Only of this queue.", "QUEUE");
    public static readonly Option<string?> Tenant = Word.Text("--tenant", "Only of this tenant.", "TENANT");
    public static readonly Option<string?> State = Word.Text("--state", "Only in this state: scheduled, ready, dispatched, succeeded, dead, cancelled or expired.", "STATE");
    private static readonly Option<string?> Tag = Word.Text("--tag", "Only with this tag.", "TAG");
    private static readonly Option<string?> Member = Word.Text("--member", "Only with this value of a member at the top of the payload.", "NAME=VALUE");
    private static readonly Option<string?> From = Word.Text("--from", "Enqueued at this time or later: a day, or a time with its offset.", "TIME");
    private static readonly Option<string?> To = Word.Text("--to", "Enqueued before this time.", "TIME");

    static JobFilter() => State.CompletionSources.Add([.. Enum.GetNames<LedgerState>().Select(name => name.ToLowerInvariant())]);

    public static IEnumerable<Option<string?>> All => [Kind, Queue, Tenant, Tag, Member, From, To];

    /// <summary>Of the options that were given, named as the API names them.</summary>
    public static string Query(Call call, params (string Name, string? Value)[] more) => string.Join('&',
        All.Append(State).Select(option => (Name: option.Name[2..], Value: call.Words.GetResult(option) is null ? null : call.Value(option))).Concat(more)
            .Where(one => one.Value is not null).DistinctBy(one => one.Name).Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value!)}"));
}
