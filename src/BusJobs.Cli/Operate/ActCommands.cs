using System.CommandLine;
using BusJobs.Cli.Calling;

namespace BusJobs.Cli.Operate;

/// <summary><c>busjobs pause|resume|bump</c>: acts on queues, kinds and tenants.</summary>
internal static class ActCommands
{
    private static readonly Argument<string> Scope = Word.OneOf("what", "What the name is of.", "queue", "kind", "tenant");
    private static readonly Argument<string> Name = Word.Name("name", "The name of the queue, kind or tenant.");
    private static readonly Argument<string> Kind = Word.Name("kind", "The kind.");
    private static readonly Option<string?> Reason = Word.Text("--reason", "Shown beside the pause, to whoever asks why.", "TEXT");

    public static IEnumerable<Command> Build(Seat seat) =>
    [
        seat.Calls(new Command("pause", "Let no more jobs start: they are enqueued and wait, and those that run go on.") { Scope, Name, Reason }, PauseAsync),
        seat.Calls(new Command("resume", "End a pause.") { Scope, Name }, ResumeAsync),
        seat.Calls(new Command("bump", "Free every unique key of a kind: what was a duplicate is enqueued again.") { Kind }, BumpAsync),
    ];

    private static async Task<int> PauseAsync(Call call)
    {
        var (scope, name) = (call.Value(Scope), call.Value(Name));
        await call.Api.PostAsync($"{scope}s/{name}/pause", call.Value(Reason) is { } reason ? new { Reason = reason } : null, call.Token);
        return call.Done($"The {scope} {name} is paused. To end it: busjobs resume {scope} {name}", new { Scope = scope, Name = name, Paused = true });
    }

    private static async Task<int> ResumeAsync(Call call)
    {
        var (scope, name) = (call.Value(Scope), call.Value(Name));
        await call.Api.PostAsync($"{scope}s/{name}/resume", body: null, call.Token);
        return call.Done($"The {scope} {name} goes on.", new { Scope = scope, Name = name, Paused = false });
    }

    private static async Task<int> BumpAsync(Call call)
    {
        var kind = call.Value(Kind);
        await call.ConfirmAsync($"Free every unique key of {kind}? Jobs that hold one stay, and new ones with the same key may run beside them.");
        await call.Api.PostAsync($"kinds/{kind}/bump", body: null, call.Token);
        return call.Done($"Every unique key of {kind} is free.", new { Kind = kind, Bumped = true });
    }
}
