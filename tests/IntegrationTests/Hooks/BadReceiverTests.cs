using BusJobs.IntegrationTests.Servers;
using Forge.Hooks;

namespace BusJobs.IntegrationTests.Hooks;

/// <summary>Whatever a receiver does, the schedule is kept, the id stays the same, and little is read.</summary>
public sealed class BadReceiverTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";

    public static TheoryData<string, string> Manners() => new()
    {
        { "fails", "The receiver answered 500." },
        { "redirects with 301", "The receiver answered 301, and redirects are not followed." },
        { "redirects with 302", "The receiver answered 302, and redirects are not followed." },
        { "redirects with 303", "The receiver answered 303, and redirects are not followed." },
        { "redirects with 307", "The receiver answered 307, and redirects are not followed." },
        { "redirects with 308", "The receiver answered 308, and redirects are not followed." },
        { "closes", "The receiver broke off, or its answer was no HTTP." },
        { "cuts its body", "The receiver broke off, or its answer was no HTTP." },
        { "speaks HTTP/0.9", "The receiver broke off, or its answer was no HTTP." },
        { "speaks something else", "The receiver broke off, or its answer was no HTTP." },
        { "sends headers for ever", "The receiver broke off, or its answer was no HTTP." },
    };

    [Theory]
    [MemberData(nameof(Manners))]
    public async Task The_schedule_is_kept_to_its_end(string manner, string fault)
    {
        await using var receiver = new Receiver(Behaviour(manner));
        await using var story = await HookStory.StartAsync(receiver, with: hooks => hooks.BreakAfter = 1_000);
        var job = await story.PushAsync();
        var (pauses, dead) = await story.RunThroughAsync(job);
        await IsKeptAsync(story, receiver, job, pauses, dead, fault);
    }

    [Fact]
    public async Task The_schedule_is_kept_to_its_end_with_a_receiver_that_never_answers()
    {
        await using var receiver = new Receiver(Receiver.Stall());
        await using var story = await HookStory.StartAsync(receiver, with: hooks => hooks.BreakAfter = 1_000);
        var (job, pauses, dead) = (await story.PushAsync(), new List<TimeSpan>(), (string?)null);
        while (dead is null)
        {
            var run = story.RunAsync(job);
            await Eventually.HoldsAsync(() => receiver.Requests.Count > pauses.Count);
            story.Hub.Clock.Advance(TimeSpan.FromSeconds(15));
            try
            {
                pauses.Add((await run.WaitAsync(TimeSpan.FromSeconds(30)))!.Value);
                story.Hub.Clock.Advance(pauses[^1]);
            }
            catch (PermanentJobException over)
            {
                dead = over.Message;
            }
        }

        await IsKeptAsync(story, receiver, job, pauses, dead, "The receiver had not answered in full after 15 s.");
    }

    private static async Task IsKeptAsync(HookStory story, Receiver receiver, DeliverWebhook job, IReadOnlyList<TimeSpan> pauses, string? dead, string fault)
    {
        Assert.Equal($"Given up after 10 tries to reach {receiver.Url}. To begin again, redeliver it: on the page Webhooks, or through the API of the forge.", dead);
        var schedule = new HookOptions().Schedule;
        Assert.Equal(schedule.Count, pauses.Count);
        Assert.All(pauses.Zip(schedule), pair => Assert.InRange(pair.First, pair.Second - TimeSpan.FromMilliseconds(1), pair.Second * 1.1));
        Assert.Equal(10, receiver.Requests.Count);
        Assert.All(receiver.Requests, request => Assert.True(story.Verifies(request)));
        Assert.Single(receiver.Requests.Select(request => request["webhook-id"]).Distinct());
        Assert.Equal(10, receiver.Requests.Select(request => request["webhook-timestamp"]).Distinct().Count());
        var delivery = await story.FindAsync(job);
        Assert.Equal(DeliveryState.Failed, delivery.State);
        Assert.Equal(Enumerable.Repeat(fault, 10), delivery.Tries.Select(tried => tried.Fault!));
    }

    [Fact]
    public async Task Of_a_long_answer_the_first_kilobyte_is_kept_and_little_is_read()
    {
        var (flooded, bytes) = (0, 200_000_000);
        await using var receiver = new Receiver(Receiver.Flood(Ok + $"Content-Encoding: gzip\r\nContent-Length: {bytes}\r\n\r\n", bytes, sent => flooded = sent));
        await using var story = await HookStory.StartAsync(receiver);
        var job = await story.PushAsync();
        Assert.Null(await story.RunAsync(job));
        var tried = Assert.Single((await story.FindAsync(job)).Tries);
        Assert.Equal((200, new string('x', 1024)), (tried.Status, tried.Response));
        Assert.InRange(flooded, 16 * 1024, bytes / 4);
    }

    [Fact]
    public async Task What_follows_an_answer_without_a_body_is_not_taken_for_the_next_answer()
    {
        await using var receiver = new Receiver(request => request == 0
            ? Receiver.Say("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes")
            : Receiver.Answer(500));
        await using var story = await HookStory.StartAsync(receiver);
        Assert.Null(await story.RunAsync(await story.PushAsync()));
        var second = await story.PushAsync();
        Assert.NotNull(await story.RunAsync(second));
        Assert.Equal(500, Assert.Single((await story.FindAsync(second)).Tries).Status);
    }

    [Theory]
    [InlineData("Retry-After: 3600\r\n", 3600)]
    [InlineData("Retry-After: 3600\r\n", 3600, 429)]
    [InlineData("Retry-After: 99999999\r\n", 86_400, 429)]
    [InlineData("Retry-After: -1\r\n", 5)]
    [InlineData("Retry-After: 99999999999999999999\r\n", 5)]
    [InlineData("Retry-After: 99999999\r\n", 86_400)]
    [InlineData("Retry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\n", 5)]
    [InlineData("Retry-After: Thu, 01 Jan 2026 01:00:00 GMT\r\n", 3600)]
    [InlineData("Retry-After: soon\r\n", 5)]
    public async Task Retry_After_is_honoured_within_reason(string header, int seconds, int status = 503)
    {
        await using var receiver = new Receiver(Receiver.Answer(status, header));
        await using var story = await HookStory.StartAsync(receiver, with: hooks => hooks.Jitter = 0);
        Assert.InRange((await story.RunAsync(await story.PushAsync()))!.Value.TotalSeconds, seconds - 1, seconds);
    }

    [Fact]
    public async Task One_endpoint_takes_no_more_places_than_it_may()
    {
        await using var receiver = new Receiver(Receiver.Stall());
        await using var story = await HookStory.StartAsync(receiver, with: hooks => hooks.PerEndpoint = 2);
        var runs = new List<Task<TimeSpan?>>();
        for (var i = 0; i < 2; i++)
        {
            runs.Add(story.RunAsync(await story.PushAsync()));
        }

        await Eventually.HoldsAsync(() => receiver.Requests.Count == 2);
        Assert.InRange((await story.RunAsync(await story.PushAsync()))!.Value, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1.5));
        Assert.Equal(2, receiver.Requests.Count);
        story.Hub.Clock.Advance(TimeSpan.FromSeconds(15));
        await Task.WhenAll(runs);
    }

    private static Behaviour Behaviour(string manner) => manner switch
    {
        "fails" => Receiver.Answer(500, body: "no"),
        _ when manner.StartsWith("redirects with ", StringComparison.Ordinal) => Receiver.Answer(int.Parse(manner[^3..]), "Location: http://127.0.0.1:1/\r\n"),
        "closes" => (_, _) => Task.CompletedTask,
        "cuts its body" => Receiver.Say(Ok + "Content-Length: 100\r\n\r\nabc"),
        "speaks HTTP/0.9" => Receiver.Say("<html>hello</html>"),
        "speaks something else" => Receiver.Say("220 mail.example.org ESMTP\r\n"),
        "sends headers for ever" => Receiver.Flood(Ok + "X-Long: ", 1_000_000),
        _ => throw new ArgumentException(manner),
    };
}
