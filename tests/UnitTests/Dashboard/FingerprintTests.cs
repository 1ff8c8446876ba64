using BusJobs.Api.Letters;

namespace BusJobs.UnitTests.Dashboard;

public sealed class FingerprintTests
{
    private const string Thrown =
        "InvalidOperationException: invoice 42 has no customer\n   at Shop.Mailer.Send(Guid id) in /src/Mailer.cs:line 12\n   at Shop.Handler.HandleAsync()\n   at A.B()\n   at C.D()";

    [Fact]
    public void The_same_exception_at_the_same_place_is_the_same_failure_whatever_its_message_and_lines()
    {
        var other = Thrown.Replace("42", "7 for 'bob'", StringComparison.Ordinal).Replace("line 12", "line 13", StringComparison.Ordinal)
            .Replace("C.D", "E.F", StringComparison.Ordinal);
        Assert.Equal(Fingerprint.Of("k", Thrown).Key, Fingerprint.Of("k", other).Key);
        Assert.Equal("InvalidOperationException", Fingerprint.Of("k", Thrown).Error);
        Assert.Equal(["Shop.Mailer.Send(Guid id)", "Shop.Handler.HandleAsync()", "A.B()"], Fingerprint.Of("k", Thrown).Frames);
    }

    [Fact]
    public void Another_kind_type_or_place_is_another_failure()
    {
        string[] keys =
        [
            Fingerprint.Of("k", Thrown).Key, Fingerprint.Of("l", Thrown).Key,
            Fingerprint.Of("k", Thrown.Replace("InvalidOperation", "Argument", StringComparison.Ordinal)).Key,
            Fingerprint.Of("k", Thrown.Replace("Mailer.Send", "Mailer.Read", StringComparison.Ordinal)).Key,
        ];
        Assert.Equal(4, keys.Distinct().Count());
        Assert.All(keys, key => Assert.Matches("^[0-9a-f]{16}$", key));
    }

    [Theory]
    [InlineData("timed out after 30 s", "timed out after 45 s", true)]
    [InlineData("no user 'ann' in 0198a1b2-0000-7000-8000-000000000001", "no user 'bob' in 0198a1b2-0000-7000-8000-00000000000a", true)]
    [InlineData("timed out after 30 s", "refused after 30 s", false)]
    [InlineData("PermanentJobException: no such user", "PermanentJobException: no such order", false)]
    public void A_sentence_is_compared_without_what_varies_in_it(string one, string other, bool isSame) =>
        Assert.Equal(isSame, Fingerprint.Of("k", one).Key == Fingerprint.Of("k", other).Key);

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("   at ")]
    [InlineData("'''''''\"\"\"\"")]
    public void Any_text_has_a_fingerprint(string reason) => Assert.Equal(16, Fingerprint.Of("k", reason).Key.Length);
}
