using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Api;

public abstract class ApiKeyContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private IApiKeys Keys => Ledger;

    [Fact]
    public async Task A_key_is_kept_without_its_secret()
    {
        var (text, key) = ApiKeyText.Make("ci", ApiScopes.Enqueue | ApiScopes.Read, "acme", TimeSpan.FromDays(1), TimeProvider.System);
        await Keys.AddKeyAsync(key, CancellationToken.None);
        Assert.True(ApiKeyText.TryRead(text, out var id, out var hash));
        var found = await Keys.FindKeyAsync(id, CancellationToken.None);

        Assert.Equal((key.Id, "ci", ApiScopes.Enqueue | ApiScopes.Read, "acme"), (found!.Id, found.Name, found.Scopes, found.Tenant));
        Assert.Equal(hash, found.Hash);
        Assert.InRange(found.ExpiresAt!.Value - key.ExpiresAt!.Value, TimeSpan.FromMilliseconds(-1), TimeSpan.FromMilliseconds(1));
        Assert.Equal((true, null, null), (found.IsGood(T0), found.RevokedAt, found.LastUsedAt));
        Assert.False(found.IsGood(T0.AddDays(2)));
        Assert.Null(await Keys.FindKeyAsync("000000000000", CancellationToken.None));
    }

    [Fact]
    public async Task A_revoked_key_stays_revoked()
    {
        var (_, key) = ApiKeyText.Make("ci", ApiScopes.Admin, null, null, TimeProvider.System);
        await Keys.AddKeyAsync(key, CancellationToken.None);
        Assert.True(await Keys.RevokeKeyAsync(key.Id, T0, CancellationToken.None));
        Assert.False(await Keys.RevokeKeyAsync(key.Id, T0.AddHours(1), CancellationToken.None));
        Assert.False(await Keys.RevokeKeyAsync("000000000000", T0, CancellationToken.None));
        var listed = Assert.Single(await Keys.KeysAsync(CancellationToken.None), one => one.Id == key.Id);
        Assert.Equal((T0, false), (listed.RevokedAt!.Value, listed.IsGood(T0)));
    }

    [Fact]
    public async Task The_last_use_is_kept_to_the_hour()
    {
        var (_, key) = ApiKeyText.Make("ci", ApiScopes.Read, null, null, TimeProvider.System);
        await Keys.AddKeyAsync(key, CancellationToken.None);
        await Keys.NoteKeyUseAsync(key.Id, new DateTimeOffset(2026, 3, 1, 14, 59, 7, TimeSpan.Zero), CancellationToken.None);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 14, 0, 0, TimeSpan.Zero), (await Keys.FindKeyAsync(key.Id, CancellationToken.None))!.LastUsedAt);
    }

    [Theory]
    [InlineData("")]
    [InlineData("bj_")]
    [InlineData("bj_0123456789ab")]
    [InlineData("bj_0123456789AB_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("xx_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_key_is_not_read_as_one(string text) => Assert.False(ApiKeyText.TryRead(text, out _, out _));

    [Fact]
    public void Two_keys_are_never_the_same_and_names_are_checked()
    {
        var texts = Enumerable.Range(0, 100).Select(_ => ApiKeyText.Make("a", ApiScopes.Read, null, null, TimeProvider.System).Text).ToList();
        Assert.Equal(100, texts.Distinct().Count());
        Assert.All(texts, text => Assert.Equal(ApiKeyText.Length, text.Length));
        Assert.Throws<JobRefusedException>(() => ApiKeyText.Make("A B", ApiScopes.Read, null, null, TimeProvider.System));
        Assert.Throws<JobRefusedException>(() => ApiKeyText.Make("a", ApiScopes.None, null, null, TimeProvider.System));
        Assert.Throws<JobRefusedException>(() => ApiKeyText.Make("a", ApiScopes.Read, "%", null, TimeProvider.System));
        Assert.Throws<JobRefusedException>(() => ApiKeyText.Make("a", ApiScopes.Read, null, TimeSpan.Zero, TimeProvider.System));
    }
}
