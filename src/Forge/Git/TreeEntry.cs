using System.Globalization;
using System.Text;

namespace Forge.Git;

/// <summary>One file of a commit.</summary>
/// <param name="Path">As text: a name that is no UTF-8 is written as git quotes it.</param>
/// <param name="Mode">Git's, for example 100644.</param>
/// <param name="Blob">The object id; for a submodule that of its commit.</param>
/// <param name="Size">In bytes; null when git does not know it.</param>
public sealed record TreeEntry(string Path, string Mode, string Blob, long? Size)
{
    public bool IsSymlink => string.Equals(Mode, "120000", StringComparison.Ordinal);
    public bool IsSubmodule => string.Equals(Mode, "160000", StringComparison.Ordinal);

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads what <c>git ls-tree -r -z --long</c> prints: <c>mode type id size TAB path NUL</c>.</summary>
    /// <exception cref="FormatException">The text is something else.</exception>
    public static List<TreeEntry> ParseListing(ReadOnlySpan<byte> listing)
    {
        var entries = new List<TreeEntry>();
        while (!listing.IsEmpty)
        {
            var end = listing.IndexOf((byte)0);
            var record = end < 0 ? throw new FormatException("The listing of a tree breaks off.") : listing[..end];
            listing = listing[(end + 1)..];
            entries.Add(ParseRecord(record));
        }

        return entries;
    }

    private static TreeEntry ParseRecord(ReadOnlySpan<byte> record)
    {
        var tab = record.IndexOf((byte)'\t');
        var fields = tab < 0 ? [] : Encoding.ASCII.GetString(record[..tab]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 4)
        {
            throw new FormatException("A record of a tree's listing has not got its four fields.");
        }

        long? size = long.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : null;
        return new TreeEntry(PathText(record[(tab + 1)..]), fields[0], fields[2], size);
    }

    private static string PathText(ReadOnlySpan<byte> name)
    {
        try
        {
            return Strict.GetString(name);
        }
        catch (DecoderFallbackException)
        {
            return Quoted(name);
        }
    }

    /// <summary>The way of git's core.quotePath: in double quotes, with bytes beyond ASCII in octal.</summary>
    private static string Quoted(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder("\"");
        foreach (var value in name)
        {
            _ = value switch
            {
                (byte)'"' or (byte)'\\' => text.Append('\\').Append((char)value),
                >= 0x20 and < 0x7f => text.Append((char)value),
                _ => text.Append('\\').Append(Convert.ToString(value, 8).PadLeft(3, '0')),
            };
        }

        return text.Append('"').ToString();
    }
}
