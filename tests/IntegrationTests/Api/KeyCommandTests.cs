using BusJobs.Cli;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Api;

public sealed class KeyCommandTests(PostgresLedgerFixture fixture) : IClassFixture<PostgresLedgerFixture>
{
    private readonly StringWriter output = new();

    [Fact]
    public async Task A_key_is_made_listed_and_revoked()
    {
        Assert.Equal(0, await RunAsync("keys", "create", "--name", "ci", "--scope", "enqueue,read", "--tenant", "acme", "--expires", "90d"));
        var text = output.ToString().Trim();
        Assert.True(ApiKeyText.TryRead(text, out var id, out _));
        var key = await fixture.Ledger.FindKeyAsync(id, CancellationToken.None);
        Assert.Equal((ApiScopes.Enqueue | ApiScopes.Read, "acme", TimeSpan.FromDays(90)), (key!.Scopes, key.Tenant, key.ExpiresAt - key.CreatedAt));

        Assert.Equal(0, await RunAsync("keys", "list"));
        Assert.Contains($"{id}  ci", output.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("keys", "revoke", id));
        Assert.False((await fixture.Ledger.FindKeyAsync(id, CancellationToken.None))!.IsGood(TimeProvider.System.GetUtcNow()));
        await Assert.ThrowsAsync<JobRefusedException>(() => RunAsync("keys", "revoke", id));
        await RunAsync("keys", "list");
        Assert.DoesNotContain(text[16..], output.ToString()[text.Length..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("keys", "create")]
    [InlineData("keys", "create", "--name", "ci")]
    [InlineData("keys", "create", "--name", "ci", "--scope", "all")]
    [InlineData("keys", "create", "--name", "ci", "--scope", "read", "--expires", "soon")]
    [InlineData("keys", "revoke")]
    [InlineData("keys", "bogus")]
    public async Task A_command_that_is_wrong_ends_with_the_code_of_usage(params string[] words) => Assert.Equal(2, await RunAsync(words));

    [Fact]
    public async Task A_connection_string_that_is_none_is_refused_without_its_password()
    {
        var refused = await Assert.ThrowsAsync<JobRefusedException>(
            () => CommandTree.RunAsync(["keys", "list"], _ => "Password=hunter2;nonsense", output, output));
        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] words) =>
        CommandTree.RunAsync(words, _ => fixture.Database, output, output);
}
