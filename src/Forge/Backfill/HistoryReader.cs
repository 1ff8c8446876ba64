using System.Globalization;
using System.Text;
using Forge.Git;

namespace Forge.Backfill;

/// <param name="At">The committer's date.</param>
/// <param name="Changes">Empty for a merge.</param>
internal sealed record PastCommit(DateTimeOffset At, string Author, IReadOnlyList<PastChange> Changes);

internal sealed record PastChange(int Added, int Removed, string Path);

/// <summary>Reads what was committed in a span of time.</summary>
internal sealed class HistoryReader(GitProgram git)
{
    private const char Begin = '\x01';

    /// <param name="path">The git directory.</param>
    /// <param name="head">The commit whose history it is.</param>
    /// <param name="start">Inclusive, in whole seconds.</param>
    /// <param name="end">Exclusive, in whole seconds.</param>
    /// <exception cref="GitFailedException">Git failed for a reason that may pass.</exception>
    public async Task<IReadOnlyList<PastCommit>> ReadAsync(string path, string head, DateTimeOffset start, DateTimeOffset end, CancellationToken cancellationToken)
    {
        var answer = await git.DoneInAsync(
            path,
            [
                "log", "-z", "--numstat", "--find-renames", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--format=%x01%ct%x00%ae",
                // As a filter: a commit with a wrong clock must not hide those behind it. Both ends are inclusive to git.
                $"--since-as-filter={Moment(start)}", $"--until={Moment(end.AddSeconds(-1))}", head, "--",
            ],
            cancellationToken);

        // Paths and names may be of any encoding; here they are only told apart.
        return Parse(Encoding.Latin1.GetString(answer.Output.GetBuffer(), 0, (int)answer.Output.Length));
    }

    internal static IReadOnlyList<PastCommit> Parse(string log)
    {
        var commits = new List<PastCommit>();
        var changes = new List<PastChange>();
        var words = log.Split('\0');
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i].TrimStart('\n');
            if (word.StartsWith(Begin))
            {
                changes = [];
                commits.Add(new PastCommit(DateTimeOffset.FromUnixTimeSeconds(long.Parse(word.AsSpan(1), CultureInfo.InvariantCulture)), words[++i], changes));
            }
            else if (word.Split('\t', 3) is [var added, var removed, var path])
            {
                // A rename has no path here; the old one and the new one follow.
                changes.Add(new PastChange(Lines(added), Lines(removed), path.Length > 0 ? path : words[i += 2]));
            }
        }

        return commits;
    }

    /// <summary>Of a binary file git counts no lines.</summary>
    private static int Lines(string count) => count == "-" ? 0 : int.Parse(count, CultureInfo.InvariantCulture);

    private static string Moment(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
