using System.Text.Json;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Jobs;

/// <summary>One job on the screen: what it is, how it stands, its payload, its attempts and its latest error.</summary>
internal static class JobSheet
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Show(Screen screen, JsonElement job, DateTimeOffset now)
    {
        screen.Facts(
            ("id", job.Text("id")),
            ("kind", Plain.Line(job.Text("kind"))),
            ("state", job.Text("state") + (job.Flag("cancelRequested") ? ", asked to stop" : "")),
            ("queue", Plain.Line(job.Text("queue"))),
            ("tenant", Plain.Line(job.Text("tenant"))),
            ("tags", Plain.Line(string.Join(", ", job.Items("tags").Select(tag => tag.GetString())))),
            ("unique key", Plain.Line(job.Text("uniqueKey"))),
            ("serial key", Plain.Line(job.Text("serialKey"))),
            ("priority", job.Text("priority")),
            ("attempts", job.Text("attempts") + (job.Text("maxAttempts") is { } most ? $" of {most}" : "")),
            ("crashes", job.Number("crashes") > 0 ? job.Text("crashes") : null),
            ("enqueued", Plain.Time(job.Time("enqueuedAt"), now)),
            ("due", Plain.Time(job.Time("runAt"), now)),
            ("finished", job.Time("finishedAt") is { } finished ? Plain.Time(finished, now) : null),
            ("discarded by", Plain.Line(job.Text("discardedBy"))),
            ("follows", job.Text("follows")),
            ("trace", job.Text("traceId")),
            ("progress", job.Member("progress") is { } progress ? $"{progress.Text("percent")} % {Plain.Line(progress.Text("note"), 200)}" : null));
        screen.Line("\npayload");
        screen.Line(job.Member("payload") is { } payload ? JsonSerializer.Serialize(payload, Indented) : "null");
        if (job.Flag("masked"))
        {
            screen.Line("What looks like a secret is masked; a key with the scope admin sees it.");
        }

        ShowAttempts(screen, [.. job.Items("history")], now);
        if (job.Items("followUps").Any())
        {
            screen.Line("\nfollow-ups");
            screen.Table(["ID", "KIND", "STATE"], job.Items("followUps").Select(one => new[] { one.Cell("id"), one.Cell("kind"), one.Cell("state") }), "");
        }

        if (job.Text("reason") is { Length: > 0 } reason)
        {
            screen.Line("\nreason");
            screen.Line(reason);
        }
    }

    private static void ShowAttempts(Screen screen, IReadOnlyList<JsonElement> attempts, DateTimeOffset now)
    {
        if (attempts.Count > 0)
        {
            screen.Line("\nattempts");
            screen.Table(["#", "ENDED", "ENDING", "TOOK", "WORKER", "REASON"], attempts.Select(attempt => new[]
            {
                attempt.Cell("number"), Plain.Relative(attempt.Time("endedAt"), now), attempt.Cell("ending"), $"{attempt.Measure("durationMs") ?? 0:N0} ms",
                attempt.Cell("worker"), attempt.Cell("reason", 80),
            }), "");
        }
    }
}
