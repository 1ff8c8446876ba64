using System.Data.Common;
using System.Text;

namespace BusJobs.Ledger.Audit;

/// <summary>Entries as both databases keep them.</summary>
internal static class AuditRows
{
    private const int LongestText = 2_000;

    extension(DbDataReader row)
    {
        public AuditEntry ReadAudit(DateTimeOffset at) => new()
        {
            Id = row.GetInt64(0),
            At = at,
            Who = row.GetString(2),
            What = row.GetString(3),
            Target = row.GetString(4),
            Detail = row.IsDBNull(5) ? null : row.GetString(5),
            Result = row.GetString(6),
        };
    }

    extension(string text)
    {
        /// <summary>Short enough, and without what PostgreSQL does not keep: NUL, and half surrogate pairs.</summary>
        public string CutForAudit()
        {
            var cut = new StringBuilder();
            foreach (var rune in text.AsSpan(0, Math.Min(text.Length, LongestText)).EnumerateRunes())
            {
                cut.Append(rune.Value == 0 ? Rune.ReplacementChar : rune);
            }

            return cut.ToString();
        }
    }
}
