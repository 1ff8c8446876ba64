using System.CommandLine;
using System.CommandLine.Parsing;
using BusJobs.Ledger;

namespace BusJobs.Cli;

/// <summary><c>busjobs keys create|list|revoke</c>: the API keys of a ledger.</summary>
internal static class KeyCommands
{
    private static readonly Option<string> Name = new("--name") { Description = "What the key is for.", HelpName = "NAME", Required = true };

    private static readonly Option<ApiScopes> Scope = new("--scope")
    {
        Description = "What it may do: enqueue, read, operate, admin; several with commas.", HelpName = "SCOPES", Required = true, CustomParser = ReadScopes,
    };

    private static readonly Option<string?> Tenant = new("--tenant") { Description = "The only tenant whose jobs it sees and makes. Default: all.", HelpName = "TENANT" };

    private static readonly Option<TimeSpan?> Expires = new("--expires")
    {
        Description = "When it ends, from now: 12h, 90d. Default: never.", HelpName = "TIME", CustomParser = ReadDuration,
    };

    private static readonly Argument<string> Id = new("id") { Description = "The id of the key, as the list shows it." };

    /// <param name="open">Opens the ledger that the options name; it is disposed of here.</param>
    public static Command Build(Func<ParseResult, ILedger> open, TimeProvider clock, TextWriter output)
    {
        var create = new Command("create", "Make a key, and show it once.") { Name, Scope, Tenant, Expires };
        create.SetAction((result, token) => WithKeysAsync(open(result), keys => CreateAsync(keys, result, clock, output, token), token));
        var list = new Command("list", "Show the keys, newest first; no secrets.");
        list.SetAction((result, token) => WithKeysAsync(open(result), keys => ListAsync(keys, clock, output, token), token));
        var revoke = new Command("revoke", "End a key: servers refuse it within ten seconds.") { Id };
        revoke.SetAction((result, token) => WithKeysAsync(open(result), keys => RevokeAsync(keys, result.GetValue(Id)!, clock, output, token), token));
        return new Command("keys", "The keys of the HTTP API.") { create, list, revoke };
    }

    private static async Task<int> CreateAsync(IApiKeys keys, ParseResult result, TimeProvider clock, TextWriter output, CancellationToken cancellationToken)
    {
        var (text, key) = ApiKeyText.Make(result.GetValue(Name)!, result.GetValue(Scope), result.GetValue(Tenant), result.GetValue(Expires), clock);
        await keys.AddKeyAsync(key, cancellationToken);
        // Alone on its line, so that a script can take it.
        await output.WriteLineAsync(text);
        return 0;
    }

    private static async Task<int> ListAsync(IApiKeys keys, TimeProvider clock, TextWriter output, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"{"id",-14}{"name",-24}{"scopes",-24}{"tenant",-16}{"state",-10}{"expires",-18}last used");
        foreach (var key in await keys.KeysAsync(cancellationToken))
        {
            var state = key.RevokedAt is not null ? "revoked" : key.IsGood(clock.GetUtcNow()) ? "good" : "expired";
            await output.WriteLineAsync(
                $"{key.Id,-14}{key.Name,-24}{key.Scopes.ToString().ToLowerInvariant(),-24}{key.Tenant ?? "-",-16}{state,-10}{Shown(key.ExpiresAt),-18}{Shown(key.LastUsedAt)}");
        }

        return 0;
    }

    private static async Task<int> RevokeAsync(IApiKeys keys, string id, TimeProvider clock, TextWriter output, CancellationToken cancellationToken)
    {
        if (!await keys.RevokeKeyAsync(id, clock.GetUtcNow(), cancellationToken))
        {
            throw new JobRefusedException("id", id, "the id of a key that is not revoked yet; see busjobs keys list");
        }

        await output.WriteLineAsync($"{id} is revoked.");
        return 0;
    }

    private static async Task<int> WithKeysAsync(ILedger opened, Func<IApiKeys, Task<int>> work, CancellationToken cancellationToken)
    {
        await using var ledger = opened;
        await ledger.MigrateAsync(cancellationToken);
        return await work(ledger);
    }

    private static ApiScopes ReadScopes(ArgumentResult result)
    {
        var scopes = ApiScopes.None;
        foreach (var word in result.Tokens[0].Value.Split(','))
        {
            if (Enum.GetValues<ApiScopes>().Where(scope => scope != ApiScopes.None && scope.ToString().ToLowerInvariant() == word).ToList() is not [var scope])
            {
                result.AddError(new JobRefusedException("--scope", word, "enqueue, read, operate or admin, several with commas").Message);
                return ApiScopes.None;
            }

            scopes |= scope;
        }

        return scopes;
    }

    private static TimeSpan? ReadDuration(ArgumentResult result)
    {
        if (DurationText.TryParse(result.Tokens[0].Value, out var duration))
        {
            return duration;
        }

        result.AddError(new JobRefusedException("--expires", result.Tokens[0].Value, DurationText.Allowed).Message);
        return null;
    }

    private static string Shown(DateTimeOffset? time) => time is { } at ? $"{at.UtcDateTime:yyyy-MM-dd HH:mm}" : "-";
}
