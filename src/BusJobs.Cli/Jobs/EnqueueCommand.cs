using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using BusJobs.Cli.Calling;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Jobs;

/// <summary><c>busjobs enqueue KIND PAYLOAD</c>: options are the members of the API's request.</summary>
internal static class EnqueueCommand
{
    private static readonly Argument<string> Kind = Word.Name("kind", "The stable name of the command, such as billing.send-invoice.");
    private static readonly Option<int?> Priority = Word.Number("--priority", "0 runs first, 255 last. Default: 100.", 0, 255);
    private static readonly Option<int?> MaxAttempts = Word.Number("--max-attempts", "1 to 1,000. Default: what the worker's policy says.", 1, Limits.MaxAttempts);
    private static readonly Option<string[]> Tag = new("--tag") { Description = "A word to find the job by; may be given 16 times.", HelpName = "TAG" };
    private static readonly Option<string?> Unique = Word.Text("--unique", "At most one job of the kind with this key: while it is active, or for --unique-ttl.", "KEY");
    private static readonly Option<string?> UniqueTtl = Word.Duration("--unique-ttl", "Hold the unique key for this time.");
    private static readonly Option<bool> Drop = new("--drop") { Description = "A duplicate of a running job is dropped. Default: one more runs after it." };
    private static readonly Option<bool> Replace = new("--replace") { Description = "A duplicate of a waiting job gives it its payload." };

    /// <summary>Members of the request that are text, by the names that they have there.</summary>
    private static readonly (string Member, Option<string?> Option)[] Texts =
    [
        ("queue", Word.Text("--queue", "Default: the queue of the kind.", "QUEUE")),
        ("runAt", Word.Text("--run-at", "The earliest start, such as 2026-01-31T12:00:00Z.", "TIME")),
        ("delay", Word.Duration("--delay", "How long the job waits at least: 5m, 2h.")),
        ("maxAge", Word.Duration("--max-age", "The job expires if it was not started within this time.")),
        ("timeout", Word.Duration("--timeout", "How long one attempt may run. Default: what the worker's policy says.")),
        ("id", Word.Text("--id", "The job's identity: an id that is known already changes nothing.", "UUID")),
        ("tenant", Word.Text("--tenant", "Whose job this is.", "TENANT")),
        ("serialKey", Word.Text("--serial-key", "Jobs of one key run one at a time, in order.", "KEY")),
    ];

    public static Command Build(Seat seat)
    {
        var command = new Command("enqueue", "Enqueue a job.") { Kind, Word.Payload, Priority, MaxAttempts, Tag, Unique, UniqueTtl, Drop, Replace };
        foreach (var (_, option) in Texts)
        {
            command.Add(option);
        }

        return seat.Calls(command, EnqueueAsync);
    }

    private static async Task<int> EnqueueAsync(Call call)
    {
        var answer = await call.Api.PostAsync("jobs", Body(call, await call.PayloadAsync()), call.Token);
        return call.Tell(answer, () => call.Screen.Line(Plain.Line(answer.Text("status") switch
        {
            "duplicate" => $"A job with this id or key is there already: {answer.Text("id")}",
            var status => $"{status} {answer.Text("id")}",
        })));
    }

    private static string Body(Call call, string payload)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("kind", call.Value(Kind));
            json.WritePropertyName("payload");
            json.WriteRawValue(payload);
            Write(json, call);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(body.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, Call call)
    {
        foreach (var (member, option) in Texts)
        {
            if (call.Value(option) is { } text)
            {
                json.WriteString(member, text);
            }
        }

        foreach (var (member, option) in new[] { ("priority", Priority), ("maxAttempts", MaxAttempts) })
        {
            if (call.Value(option) is { } number)
            {
                json.WriteNumber(member, number);
            }
        }

        if (call.Value(Tag) is { Length: > 0 } tags)
        {
            json.WritePropertyName("tags");
            JsonSerializer.Serialize(json, tags);
        }

        if (call.Value(Unique) is { } key)
        {
            json.WritePropertyName("unique");
            JsonSerializer.Serialize(
                json, new { Key = key, Ttl = call.Value(UniqueTtl), WhenRunning = call.Value(Drop) ? "drop" : null, Replace = call.Value(Replace) ? true : (bool?)null }, Fields.Sent);
        }
        else if (call.Value(UniqueTtl) is { } ttl)
        {
            throw new JobRefusedException("--unique-ttl", ttl, "a --unique key together with it");
        }
    }
}
