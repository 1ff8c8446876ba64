namespace BusJobs.UnitTests.Contracts;

/// <summary>What every refusal has in common: one sentence with the field, the value (shortened) and what is allowed, fit for a log.</summary>
internal static class Refusal
{
    public static JobRefusedException Of(string field, string allowed, Action act)
    {
        var refusal = Assert.Throws<JobRefusedException>(act);
        Assert.Equal(field, refusal.Field);
        Assert.StartsWith(field + " ", refusal.Message);
        Assert.Contains(allowed, refusal.Message);
        Assert.EndsWith(".", refusal.Message);
        Assert.InRange(refusal.Message.Length, 1, 600);
        Assert.DoesNotContain(refusal.Message, IsUnfit);
        return refusal;
    }

    /// <summary>Control characters, halves of surrogate pairs, and what turns the direction of writing or cannot be seen.</summary>
    private static bool IsUnfit(char c) =>
        char.IsControl(c) || char.IsSurrogate(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format || c is '\u2028' or '\u2029';
}
