using System.Text;
using Forge.Indexing;

namespace BusJobs.UnitTests.Forge;

public sealed class TextFileTests
{
    [Fact]
    public void A_NUL_among_the_first_8000_bytes_makes_a_file_binary()
    {
        var bytes = Encoding.UTF8.GetBytes(new string('a', 7_999) + '\0');
        Assert.Equal(SkipReason.Binary, TextFile.Read(bytes).Skipped);
    }

    [Fact]
    public void A_later_NUL_is_shown_by_its_picture()
    {
        var bytes = Encoding.UTF8.GetBytes(new string('a', 8_000) + '\0');
        Assert.EndsWith("a\u2400", TextFile.Read(bytes).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', 0xe9 })]
    [InlineData(new byte[] { 0xc0, 0x80 })]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })]
    public void Bytes_that_are_no_UTF_8_are_skipped_as_such(byte[] bytes) => Assert.Equal((null, SkipReason.NotUtf8), TextFile.Read(bytes));

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_text() => Assert.Equal(("ü", null), TextFile.Read([0xef, 0xbb, 0xbf, 0xc3, 0xbc]));

    [Theory]
    [InlineData("", 0)]
    [InlineData("a", 1)]
    [InlineData("a\n", 1)]
    [InlineData("a\n\nb", 3)]
    public void Lines_are_counted_as_people_do(string text, int lines) => Assert.Equal(lines, TextFile.CountLines(text));
}
