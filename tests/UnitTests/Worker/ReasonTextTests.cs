using System.Text;
using BusJobs.Worker;
using FsCheck;
using FsCheck.Fluent;

namespace BusJobs.UnitTests.Worker;

public sealed class ReasonTextTests
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    [Fact]
    public void It_has_type_message_cause_and_stack()
    {
        var text = ReasonText.Of(Thrown(new InvalidOperationException("outer", new FormatException("inner"))));
        Assert.StartsWith("InvalidOperationException: outer\n ---> FormatException: inner\n   at ", text, StringComparison.Ordinal);
        Assert.Contains(nameof(Thrown), text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_message_leaves_room_for_the_stack()
    {
        var text = ReasonText.Of(Thrown(new InvalidOperationException(new string('m', 10_000_000))));
        Assert.True(Encoding.UTF8.GetByteCount(text) <= Limits.MaxReasonBytes);
        Assert.Contains(nameof(Thrown), text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_throws_hides_nothing_else() =>
        Assert.StartsWith("Broken: (its text cannot be read)", ReasonText.Of(new Broken()), StringComparison.Ordinal);

    [Fact]
    public void What_PostgreSQL_cannot_store_is_replaced() => Assert.Equal("a\uFFFDb\uFFFDc😀", ReasonText.Cut("a\0b\uD800c😀"));

    [Fact]
    public void Any_text_is_cut_to_valid_UTF_8_within_the_limit() => Prop.ForAll(
        Gen.Choose(0, 12_000).SelectMany(length => Gen.ArrayOf(Gen.Choose(0, 0xFFFF).Select(c => (char)c), length)).ToArbitrary(),
        characters =>
        {
            var cut = ReasonText.Cut(new string(characters));
            return Strict.GetByteCount(cut) <= Limits.MaxReasonBytes && !cut.Contains('\0', StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();

    private static Exception Thrown(Exception exception)
    {
        try
        {
            throw exception;
        }
        catch (Exception caught)
        {
            return caught;
        }
    }

    private sealed class Broken : Exception
    {
        public override string Message => throw new NotSupportedException();
    }
}
