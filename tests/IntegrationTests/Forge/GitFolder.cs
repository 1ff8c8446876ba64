using System.Diagnostics;
using System.Text;

namespace BusJobs.IntegrationTests.Forge;

/// <summary>A real repository in a folder of its own, made with the git program.</summary>
internal sealed class GitFolder
{
    private GitFolder(string path) => Path = path;

    public string Path { get; }

    public static async Task<GitFolder> InitAsync(string path, params string[] options)
    {
        Directory.CreateDirectory(path);
        var folder = new GitFolder(path);
        await folder.GitAsync(["init", "--quiet", .. options]);
        return folder;
    }

    public async Task WriteAsync(string name, byte[] content)
    {
        var file = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        await File.WriteAllBytesAsync(file, content);
    }

    public Task WriteAsync(string name, string content) => WriteAsync(name, Encoding.UTF8.GetBytes(content));

    public void Delete(string name) => File.Delete(System.IO.Path.Combine(Path, name));

    /// <summary>Commits the work tree, and then entries that a work tree could not hold: <c>mode id TAB name</c>.</summary>
    public async Task CommitAsync(params byte[][] entries)
    {
        await GitAsync(["add", "--all"]);
        await GitAsync(["update-index", "-z", "--index-info"], [.. entries.SelectMany(entry => (byte[])[.. entry, 0])]);
        var tree = await GitAsync(["write-tree", "--missing-ok"]);
        var commit = await GitAsync(["commit-tree", "-m", "a commit", tree]);
        await GitAsync(["update-ref", "HEAD", commit]);
    }

    public static byte[] Entry(string mode, string id, string name) => Encoding.Latin1.GetBytes($"{mode} {id}\t{name}");

    /// <summary>Path and number of every line that holds the text, as git itself finds them.</summary>
    public async Task<List<(string Path, int Line)>> GrepAsync(string text)
    {
        var lines = await GitAsync(["grep", "-nFiIz", "-e", text, "HEAD"], input: null, isDone: code => code is 0 or 1);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\0', ':'))
            .Select(fields => (fields[1], int.Parse(fields[2])))];
    }

    public Task<string> GitAsync(params string[] arguments) => GitAsync(arguments, input: null);

    /// <summary>Feeds a stream of <c>git fast-import</c>, which makes thousands of commits in a moment.</summary>
    public Task ImportAsync(byte[] stream) => GitAsync(["fast-import", "--quiet", "--force"], stream);

    /// <summary>The exit code of git, whatever it is.</summary>
    public async Task<int> CodeAsync(params string[] arguments)
    {
        var code = 0;
        await GitAsync(arguments, input: null, isDone: ended => (code = ended) >= 0);
        return code;
    }

    private async Task<string> GitAsync(string[] arguments, byte[]? input, Func<int, bool>? isDone = null)
    {
        var start = new ProcessStartInfo("git", ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "protocol.file.allow=always", .. arguments])
        {
            WorkingDirectory = Path, UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.BaseStream.WriteAsync(input ?? []);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(isDone?.Invoke(process.ExitCode) ?? process.ExitCode == 0, $"git {string.Join(' ', arguments)}: {await error}");
        return output.TrimEnd('\n');
    }
}
