using System.Text;
using BusJobs.IntegrationTests.Forge;

namespace BusJobs.IntegrationTests.Hub;

/// <summary>A repository with branches that have drifted apart by edits, deletions, renames and additions; the same for a seed.</summary>
internal sealed class BranchPairs
{
    private const int Files = 14;
    private const int Lines = 24;
    private const int Branches = 40;

    private readonly Random random;
    private readonly MemoryStream import = new();
    private int mark;

#pragma warning disable CA5394 // The numbers must only be the same in every run.
    private BranchPairs(int seed) => random = new Random(seed);

    public static async Task<(GitFolder Repository, IReadOnlyList<(string Source, string Target)> Pairs)> MakeAsync(string path, int count, int seed = 7)
    {
        var repository = await GitFolder.InitAsync(path, "--initial-branch=main");
        var made = new BranchPairs(seed);
        made.Write();
        await repository.ImportAsync(made.import.ToArray());
        var pairs = new HashSet<(string, string)>();
        while (pairs.Count < count)
        {
            var (source, target) = (made.random.Next(Branches), made.random.Next(Branches + 1));
            if (source != target)
            {
                pairs.Add(($"topic/{source}", target == Branches ? "main" : $"topic/{target}"));
            }
        }

        return (repository, [.. pairs]);
    }

    private void Write()
    {
        var trunk = Enumerable.Range(0, Files).ToDictionary(file => $"dir-{file % 3}/file-{file}.txt", file => Enumerable.Range(0, Lines).Select(line => $"{file}:{line}").ToList());
        Commit("refs/heads/main", from: null, trunk);
        for (var branch = 0; branch < Branches; branch++)
        {
            var from = branch < 5 ? "refs/heads/main" : $"refs/heads/topic/{random.Next(branch)}";
            var files = Known[from].ToDictionary(file => file.Key, file => file.Value.ToList());
            for (var commit = 0; commit <= random.Next(3); commit++)
            {
                Drift(files);
                Commit($"refs/heads/topic/{branch}", commit == 0 ? from : null, files);
            }
        }
    }

    private Dictionary<string, Dictionary<string, List<string>>> Known { get; } = [];

    private void Drift(Dictionary<string, List<string>> files)
    {
        for (var change = 0; change <= random.Next(3); change++)
        {
            var name = files.Keys.Order(StringComparer.Ordinal).ElementAt(random.Next(files.Count));
            switch (random.Next(10))
            {
                case 0 when files.Count > 4:
                    files.Remove(name);
                    break;
                case 1 when files.Remove(name, out var moved):
                    files[$"dir-{random.Next(3)}/moved-{random.Next(6)}.txt"] = moved;
                    break;
                case 2:
                    files[$"dir-{random.Next(3)}/new-{random.Next(5)}.txt"] = [$"new {random.Next(3)}"];
                    break;
                default:
                    files[name][random.Next(files[name].Count)] = $"changed {random.Next(1_000)}";
                    break;
            }
        }
    }

    private void Commit(string branch, string? from, Dictionary<string, List<string>> files)
    {
        Say($"commit {branch}\nmark :{++mark}\ncommitter T <t@example.org> {1_700_000_000 + mark} +0000\ndata 1\nc\n");
        if (from is not null)
        {
            Say($"from {from}\n");
        }

        Say("deleteall\n");
        foreach (var (name, lines) in files)
        {
            var text = string.Join('\n', lines) + "\n";
            Say($"M 100644 inline {name}\ndata {Encoding.UTF8.GetByteCount(text)}\n{text}\n");
        }

        Known[branch] = files.ToDictionary(file => file.Key, file => file.Value.ToList());
    }

    private void Say(string text) => import.Write(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5394
}
