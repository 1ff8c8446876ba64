using System.Text;

namespace BusJobs.IntegrationTests.Forge;

/// <summary>A history of many commits by several authors, with renames, deletions, binary files and clocks that go wrong; the same for a seed.</summary>
internal static class GeneratedHistory
{
    private static readonly string[] Words = ["Consume", "context", "return", "yield", "naïve", "%d", "a_b", "jobs", "ledger", "window"];

    /// <summary>For <c>git fast-import</c>. Every file exists from the first commit on; eight commits in ten weeks' time a day, on average, from <paramref name="start"/>.</summary>
    public static byte[] Stream(int commits, int files, DateTimeOffset start, int seed = 11)
    {
#pragma warning disable CA5394 // The numbers must only be the same in every run.
        var random = new Random(seed);
        var stream = new MemoryStream();
        var names = Enumerable.Range(0, files).Select(file => $"src-{file % 17}/file-{file}.cs").ToList();
        var texts = names.Select(_ => Enumerable.Range(0, 20).Select(_ => Line()).ToList()).ToList();
        for (var commit = 0; commit < commits; commit++)
        {
            // Now and then a clock is days behind.
            var at = start.AddMinutes((commit * 67.0 * 24 * 60 / commits) + 30) - TimeSpan.FromDays(commit * 10 > commits && random.Next(20) == 0 ? 3 : 0);
            Say($"commit refs/heads/main\ncommitter A{random.Next(5)} <a{random.Next(5)}@example.org> {at.ToUnixTimeSeconds()} +0{random.Next(10)}00\ndata 1\nc\n");
            foreach (var file in commit == 0 ? Enumerable.Range(0, files) : Enumerable.Range(0, 1 + random.Next(3)).Select(_ => random.Next(files)))
            {
                Change(file, isFirst: commit == 0);
            }
        }

        return stream.ToArray();

        void Change(int file, bool isFirst)
        {
            var turn = isFirst ? 9 : random.Next(10);
            if (turn == 0)
            {
                var old = names[file];
                names[file] = $"moved-{random.Next(9)}/file-{file}-{random.Next(1_000)}.cs";
                Say($"R {old} {names[file]}\n");
            }
            else if (turn == 1)
            {
                Write("image.bin", $"\0{random.Next()}");
            }
            else
            {
                texts[file][random.Next(20)] = Line();
                Write(names[file], string.Join('\n', texts[file]) + "\n");
            }
        }

        void Write(string name, string text) => Say($"M 100644 inline {name}\ndata {Encoding.UTF8.GetByteCount(text)}\n{text}\n");

        string Line() => string.Join(' ', Enumerable.Range(0, 6).Select(_ => Words[random.Next(Words.Length)] + random.Next(40)));

        void Say(string text) => stream.Write(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5394
    }

    /// <summary>What git itself says of each day, read from the output that people read.</summary>
    public static async Task<Dictionary<string, (int Commits, int Authors, long Added, long Removed, int Files)>> SumsAsync(GitFolder git)
    {
        // Rename detection is on, as by default; a path of a rename is written as "{old => new}/rest".
        var log = await git.GitAsync("-c", "core.quotePath=false", "log", "--numstat", "--date=format:%Y-%m-%d", "--format=@%ct %ae", "main");
        var days = new Dictionary<string, (int Commits, HashSet<string> Authors, long Added, long Removed, HashSet<string> Files)>();
        var day = "";
        foreach (var line in log.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('@'))
            {
                var (time, author) = (line[1..line.IndexOf(' ')], line[(line.IndexOf(' ') + 1)..]);
                day = DateTimeOffset.FromUnixTimeSeconds(long.Parse(time)).ToString("yyyy-MM-dd");
                var known = days.GetValueOrDefault(day, (0, [], 0, 0, []));
                known.Authors.Add(author);
                days[day] = known with { Commits = known.Commits + 1 };
                continue;
            }

            var fields = line.Split('\t');
            var sums = days[day];
            sums.Files.Add(NewName(fields[2]));
            days[day] = sums with { Added = sums.Added + Count(fields[0]), Removed = sums.Removed + Count(fields[1]) };
        }

        return days.ToDictionary(pair => pair.Key, pair => (pair.Value.Commits, pair.Value.Authors.Count, pair.Value.Added, pair.Value.Removed, pair.Value.Files.Count));
    }

    private static long Count(string text) => text == "-" ? 0 : long.Parse(text);

    private static string NewName(string path)
    {
        if (!path.Contains(" => ", StringComparison.Ordinal))
        {
            return path;
        }

        var (open, close) = (path.IndexOf('{'), path.IndexOf('}'));
        return open < 0 ? path[(path.IndexOf(" => ", StringComparison.Ordinal) + 4)..] : path[..open] + path[open..close].Split(" => ")[1] + path[(close + 1)..];
    }
}
