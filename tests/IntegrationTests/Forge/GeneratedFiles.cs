using System.Text;

namespace BusJobs.IntegrationTests.Forge;

/// <summary>Files that look a little like code, the same in every run.</summary>
internal static class GeneratedFiles
{
    private static readonly string[] Words =
        ["Consume", "context", "%d", "a_b", "\"quoted\"", "'it''s'", "naïve", "日本語", "\\n", "[x]", "*", "getString(\"", "\t", "===", "CONSUMECONTEXT", "end\r"];

    public static readonly string[] Questions =
        ["consume", "ConsumeContext", "context consume", "%d ", "a_b", "\"quoted\"", "'it''s' ", "日本語", "\\n [x]", " * ", "GETSTRING(\"", "===", "no such thing", "end", "aXb"];

    public static async Task WriteAsync(GitFolder repository, int count)
    {
#pragma warning disable CA5394 // The numbers must only be the same in every run.
        var random = new Random(42);
        for (var file = 0; file < count; file++)
        {
            var text = new StringBuilder();
            for (var word = 0; word < 60; word++)
            {
                text.Append(Words[random.Next(Words.Length)]).Append(random.Next(6) switch { 0 => "\n", 1 => "", _ => " " });
            }

            await repository.WriteAsync($"folder-{file % 7}/sub/file {file}.cs", text.ToString());
        }
#pragma warning restore CA5394
    }
}
