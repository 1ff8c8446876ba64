using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Admission;

/// <summary>Keys that are held without a job.</summary>
public abstract class KeysContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_key_is_held_by_the_first_caller_for_all_ledgers_and_only_within_its_scope()
    {
        await using var other = Fixture.OpenAnother();

        Assert.True(await HoldAsync("a", "key"));
        Assert.False(await HoldAsync("a", "key"));
        Assert.False(await other.HoldAsync("a", "key", Hour, CancellationToken.None));
        Assert.True(await HoldAsync("a", "KEY"));
        Assert.True(await HoldAsync("b", "key"));
    }

    [Fact]
    public async Task Of_fifty_callers_at_once_one_holds_the_key()
    {
        var held = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => HoldAsync("a", "key"))));

        Assert.Equal(1, held.Count(one => one));
    }

    [Fact]
    public async Task A_key_is_free_once_its_time_is_over()
    {
        await HoldAsync("a", "key");
        await AgeAsync("held_key", "expires_at", Hour);

        Assert.True(await HoldAsync("a", "key"));
        Assert.False(await HoldAsync("a", "key"));
    }

    [Fact]
    public async Task A_bumped_scope_frees_its_keys_and_no_other()
    {
        await using var other = Fixture.OpenAnother();
        await HoldAsync("a", "key");
        await HoldAsync("b", "key");
        await Ledger.BumpGenerationAsync("a", CancellationToken.None);

        Assert.True(await other.HoldAsync("a", "key", Hour, CancellationToken.None));
        Assert.False(await HoldAsync("a", "key"));
        Assert.False(await HoldAsync("b", "key"));
    }

    [Theory]
    [InlineData("Scope!", "key", 1)]
    [InlineData("a", "", 1)]
    [InlineData("a", "line\nbreak", 1)]
    [InlineData("a", "\ud800", 1)]
    [InlineData("a", "key", 0)]
    [InlineData("a", "key", -1)]
    public async Task What_is_no_key_is_refused_in_one_sentence(string scope, string key, int hours) =>
        Assert.DoesNotContain('\n', (await Assert.ThrowsAsync<JobRefusedException>(
            () => Ledger.HoldAsync(scope, key, hours * Hour, CancellationToken.None))).Message);

    private Task<bool> HoldAsync(string scope, string key) => Ledger.HoldAsync(scope, key, Hour, CancellationToken.None);
}
