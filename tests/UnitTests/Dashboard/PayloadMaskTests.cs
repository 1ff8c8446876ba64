using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Jobs;

namespace BusJobs.UnitTests.Dashboard;

public sealed class PayloadMaskTests
{
    private const string Payload = """{"user":"ann","Password":"p","nested":{"api_key":[1,2],"list":[{"authToken":"t"},{"x":null,"secret":null}]},"big":12345678901234567890}""";

    [Fact]
    public void Members_with_telling_names_are_masked_at_every_level()
    {
        var (text, isMasked) = PayloadMask.Show(Payload, reveal: false);
        Assert.True(isMasked);
        Assert.Equal(
            """{"user":"ann","Password":"•••","nested":{"api_key":"•••","list":[{"authToken":"•••"},{"x":null,"secret":null}]},"big":12345678901234567890}""",
            string.Concat(text.Split('\n').Select(line => line.Trim())).Replace("\": ", "\":", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_masked_for_who_may_see() => Assert.False(PayloadMask.Show(Payload, reveal: true).IsMasked);

    [Fact]
    public void What_stays_masked_keeps_its_value_and_what_was_edited_gets_the_new_one()
    {
        var shown = PayloadMask.Show(Payload, reveal: false).Text;
        Assert.Equal(Payload, PayloadMask.Restore(shown, Payload).Text);
        Assert.Equal(
            Payload.Replace("ann", "bob", StringComparison.Ordinal).Replace("\"p\"", "\"q\"", StringComparison.Ordinal),
            PayloadMask.Restore(shown.Replace("ann", "bob", StringComparison.Ordinal).Replace("\"Password\": \"•••\"", "\"Password\": \"q\"", StringComparison.Ordinal), Payload).Text);
    }

    [Theory]
    [InlineData("""{"other":{"password":"•••"}}""")]
    [InlineData("{")]
    [InlineData("")]
    public void A_mask_without_an_original_or_no_json_is_refused(string edited) =>
        Assert.Throws<JobRefusedException>(() => PayloadMask.Restore(edited, Payload).Text);

    [Theory]
    [InlineData("3")]
    [InlineData("\"text\"")]
    [InlineData("[[[[1]]]]")]
    [InlineData("""{"a":1,"a":2}""")]
    public void Any_payload_is_shown(string payload) => Assert.NotEmpty(PayloadMask.Show(payload, reveal: false).Text);

    [Theory]
    [InlineData("Npgsql: Host=db;Username=a;Password=hunter2;Database=x", "hunter2")]
    [InlineData("Authorization: Bearer abc.def", "abc.def")]
    [InlineData("{\"api_key\": \"k-123\"}", "k-123")]
    [InlineData("https://x/?token=t0k3n&y=1", "t0k3n")]
    public void Reasons_lose_what_looks_like_a_secret(string reason, string secret) =>
        Assert.DoesNotContain(secret, Shown.Scrubbed(reason), StringComparison.Ordinal);
}
