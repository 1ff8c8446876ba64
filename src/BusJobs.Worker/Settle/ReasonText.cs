using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace BusJobs.Worker;

/// <summary>Turns an exception into text that every part of the road can carry: short, and without NUL or half surrogate pairs.</summary>
internal static class ReasonText
{
    private const int MaxInner = 5;

    public static string Of(Exception exception)
    {
        var text = new StringBuilder(1024);
        Head(text, exception);
        var inner = exception.InnerException;
        for (var depth = 0; inner is not null && depth < MaxInner; depth++, inner = inner.InnerException)
        {
            Head(text.Append("\n ---> "), inner);
        }

        return Cut(text.Append('\n').Append(Part(exception, static e => e.StackTrace)).ToString());
    }

    /// <summary>Cuts between characters at <see cref="Limits.MaxReasonBytes"/> of UTF-8.</summary>
    public static string Cut(string text)
    {
        var cut = new StringBuilder(Math.Min(text.Length, Limits.MaxReasonBytes));
        var bytes = 0;
        // A lone surrogate is enumerated as U+FFFD.
        foreach (var rune in text.AsSpan(0, Math.Min(text.Length, Limits.MaxReasonBytes)).TrimEnd().EnumerateRunes())
        {
            var storable = rune.Value == 0 ? Rune.ReplacementChar : rune;
            bytes += storable.Utf8SequenceLength;
            if (bytes > Limits.MaxReasonBytes)
            {
                break;
            }

            cut.Append(storable);
        }

        return cut.ToString();
    }

    // The message gets at most half of the room, so that a huge one leaves some for the stack.
    private static void Head(StringBuilder text, Exception exception) =>
        text.Append(exception.GetType().Name).Append(": ").Append(Part(exception, static e => e.Message).First(Limits.MaxReasonBytes / 2));

    private static ReadOnlySpan<char> First(this string text, int limit) => text.AsSpan(0, Math.Min(text.Length, limit));

    [SuppressMessage("Design", "CA1031", Justification = "The getters are the user's code, and a text that cannot be had must not hide the failure itself.")]
    private static string Part(Exception exception, Func<Exception, string?> read)
    {
        try
        {
            return read(exception) ?? "";
        }
        catch (Exception)
        {
            return "(its text cannot be read)";
        }
    }
}
