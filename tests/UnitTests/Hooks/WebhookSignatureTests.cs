using System.Text;
using Forge.Hooks.Wire;

namespace BusJobs.UnitTests.Hooks;

public sealed class WebhookSignatureTests
{
    /// <summary>The test vector of Standard Webhooks' own libraries.</summary>
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const string Timestamp = "1614265330";
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"test": 2432232314}""");
    private static readonly DateTimeOffset Then = DateTimeOffset.FromUnixTimeSeconds(1614265330);

    [Fact]
    public void The_test_vector_of_the_specification_is_signed_alike() => Assert.Equal(Signature, WebhookSignature.Sign(Id, Then, Body, [Key(Secret)]));

    [Theory]
    [InlineData(Signature, true)]
    [InlineData("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= " + Signature + " v2,g0hM9SsE", true)]
    [InlineData("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=", false)]
    [InlineData("g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", false)]
    [InlineData("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_receiver_takes_any_good_signature_of_the_list_and_no_other(string? signatures, bool isGood) =>
        Assert.Equal(isGood, WebhookSignature.Verify(Secret, Id, Timestamp, signatures, Body, Then));

    [Theory]
    [InlineData(300, true)]
    [InlineData(-300, true)]
    [InlineData(301, false)]
    [InlineData(-301, false)]
    public void A_delivery_is_good_for_five_minutes(int seconds, bool isGood) =>
        Assert.Equal(isGood, WebhookSignature.Verify(Secret, Id, Timestamp, Signature, Body, Then.AddSeconds(seconds)));

    [Theory]
    [InlineData("msg_other", Timestamp)]
    [InlineData("", Timestamp)]
    [InlineData(null, Timestamp)]
    [InlineData(Id, "1614265331")]
    [InlineData(Id, " 1614265330")]
    [InlineData(Id, "-1")]
    [InlineData(Id, "99999999999999999999")]
    [InlineData(Id, null)]
    public void What_was_signed_is_the_id_and_the_time_too(string? id, string? timestamp) =>
        Assert.False(WebhookSignature.Verify(Secret, id, timestamp, Signature, Body, Then));

    [Fact]
    public void A_changed_body_is_not_good() => Assert.False(WebhookSignature.Verify(Secret, Id, Timestamp, Signature, [.. Body, (byte)' '], Then));

    [Theory]
    [InlineData("evt.1")]
    [InlineData("")]
    public void An_id_that_would_blur_what_is_signed_is_refused(string id) =>
        Assert.Throws<ArgumentException>(() => WebhookSignature.Sign(id, Then, Body, [Key(Secret)]));

    [Theory]
    [InlineData("whsec_", 24, true)]
    [InlineData("whsec_", 64, true)]
    [InlineData("whsec_", 23, false)]
    [InlineData("whsec_", 65, false)]
    [InlineData("", 32, false)]
    [InlineData("WHSEC_", 32, false)]
    public void A_secret_has_its_prefix_and_24_to_64_bytes(string prefix, int bytes, bool isGood) =>
        Assert.Equal(isGood, WebhookSecret.TryRead(prefix + Convert.ToBase64String(new byte[bytes]), out _));

    [Theory]
    [InlineData(null)]
    [InlineData("whsec_")]
    [InlineData("whsec_not base64 at all, whatever its length!!")]
    public void What_is_no_base64_is_no_secret(string? text) => Assert.False(WebhookSecret.TryRead(text, out _));

    [Fact]
    public void A_new_secret_is_a_good_one_and_no_other_is_like_it()
    {
        Assert.Equal(32, Key(WebhookSecret.New()).Length);
        Assert.NotEqual(WebhookSecret.New(), WebhookSecret.New());
    }

    private static byte[] Key(string secret) => WebhookSecret.TryRead(secret, out var key) ? key : throw new ArgumentException(secret);
}
