using System.Text.Json;
using BusJobs.Wire;
using FsCheck;
using FsCheck.Fluent;
using MassTransit.Serialization;

namespace BusJobs.UnitTests.Contracts;

/// <summary>What is sent arrives as it was sent, with the options that MassTransit serializes by.</summary>
public sealed class WireTests
{
    private static readonly Guid Id = Guid.Parse("01890000-0000-7000-8000-000000000001");
    private static readonly JsonSerializerOptions MassTransitOptions = SystemTextJsonMessageSerializer.Options;

    private static readonly string[] OddPayloads =
    [
        "{ \"a\" : 1.0 }", "\"\\u00e9\\/\"", "{\"b\":1,\"a\":2,\"b\":3}", "1e400", "12345678901234567890.10", "null", "[ ]", "\"é😀</script>\"", "{\"$type\":\"x\"}",
    ];

    public static TheoryData<string> Payloads => [.. OddPayloads];

    [Theory]
    [MemberData(nameof(Payloads))]
    public void A_payload_travels_as_the_exact_text_that_was_stored(string payload)
    {
        var dispatch = Travel(Dispatch(payload));
        Assert.Equal(payload, Assert.Single(dispatch.Jobs).Payload);
        Assert.Equal(payload, Travel(Letter(payload)).Payload);
        Assert.Equal(payload, Assert.Single(Travel(Settled(payload)).Jobs[0].FollowUps!).Payload);
    }

    [Fact]
    public void Any_text_written_as_JSON_travels_exactly() =>
        Prop.ForAll<string>(text =>
        {
            var payload = JsonSerializer.Serialize(text);
            return Travel(Dispatch(payload)).Jobs[0].Payload == payload;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_follow_up_keeps_its_key_and_its_age()
    {
        var window = TimeWindow.Of(DateTimeOffset.UnixEpoch.AddHours(30), TimeSpan.FromDays(1));
        foreach (var unique in new[] { Unique.WhileActive("a") with { WhenRunning = WhenRunning.Drop }, Unique.For("b", TimeSpan.FromHours(1)), Unique.PerWindow("c", window) })
        {
            var sent = Settled("{}");
            var job = sent.Jobs[0].FollowUps![0] with { Unique = unique, MaxAge = TimeSpan.FromMinutes(3) };
            var received = Travel(sent with { Jobs = [sent.Jobs[0] with { FollowUps = [job] }] }).Jobs[0].FollowUps![0];
            Assert.Equal((unique, job.MaxAge), (received.Unique, received.MaxAge));
        }
    }

    [Fact]
    public void A_dispatch_arrives_whole()
    {
        var sent = Dispatch("{}");
        var job = sent.Jobs[0] with { MaxAttempts = 3, TimeoutMs = 1_500, Tenant = "acme", TraceParent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01" };
        var received = Travel(sent with { Jobs = [job] });
        Assert.Equal(sent with { Jobs = received.Jobs }, received);
        Assert.Equal(job, Assert.Single(received.Jobs));
    }

    [Fact]
    public void A_probe_arrives_without_jobs() => Assert.Empty(Travel(Dispatch("{}") with { Kind = "", Jobs = [] }).Jobs);

    [Theory]
    [InlineData(Ending.Completed)]
    [InlineData(Ending.RetryAt)]
    [InlineData(Ending.Snoozed)]
    [InlineData(Ending.DeadLettered)]
    [InlineData(Ending.Cancelled)]
    [InlineData(Ending.Released)]
    [InlineData(Ending.UnknownKind)]
    public void A_settlement_arrives_whole_and_its_ending_is_readable(Ending ending)
    {
        var sent = Settled("{}") with { Jobs = [new Settlement(Id, Fence: 3, ending) { DelayMs = 5, DurationMs = 7, Reason = "why\n\u202E\"" }] };
        Assert.Contains($"\"{ending}\"", JsonSerializer.Serialize(sent, MassTransitOptions));
        var received = Travel(sent);
        Assert.Equal(sent with { Jobs = received.Jobs }, received);
        Assert.Equal(sent.Jobs[0], Assert.Single(received.Jobs));
    }

    [Fact]
    public void A_follow_up_arrives_whole()
    {
        var sent = new NewJob
        {
            Id = Id, Kind = "demo.mail", Queue = "mail", Payload = "{ }", Priority = 255, RunAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 6, TimeSpan.FromHours(2)),
            MaxAttempts = 9, Timeout = TimeSpan.FromMilliseconds(1.5), Tenant = "acme", Tags = ["a", "b"],
        };
        var received = Assert.Single(Travel(Settled("{}") with { Jobs = [new Settlement(Id, 1, Ending.Completed) { FollowUps = [sent] }] }).Jobs[0].FollowUps!);
        Assert.Equal(sent with { Tags = received.Tags }, received);
        Assert.Equal(sent.Tags, received.Tags);
        var delayed = Travel(sent with { RunAt = null, Delay = TimeSpan.FromDays(3653) });
        Assert.Equal(TimeSpan.FromDays(3653), delayed.Delay);
    }

    [Fact]
    public void What_most_settlements_lack_takes_no_room()
    {
        var json = JsonSerializer.SerializeToElement(new Settlement(Id, 1, Ending.Completed), MassTransitOptions);
        Assert.Equal(["jobId", "fence", "ending"], json.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public void A_beat_arrives_whole()
    {
        var sent = new WorkerBeat
        {
            WorkerId = Id, Name = "host 1", Queues = [new QueueBeat("mail", 4, 17)], Kinds = ["demo.mail"], Held = [Id],
            Progress = [new JobProgress(Id, 40, "half")], Draining = true, CanBeDrained = true, RunsChains = true, Goodbye = true,
        };
        var received = Travel(sent);
        Assert.Equal(sent with { Queues = received.Queues, Kinds = received.Kinds, Held = received.Held, Progress = received.Progress }, received);
        Assert.Equal(sent.Queues, received.Queues);
        Assert.Equal(sent.Kinds, received.Kinds);
        Assert.Equal(sent.Held, received.Held);
        Assert.Equal(sent.Progress, received.Progress);
    }

    [Fact]
    public void Pulses_echoes_cancellations_and_hand_backs_arrive_whole()
    {
        var untaken = new Dictionary<string, long> { ["mail"] = 1_500 };
        Assert.Equal(untaken, Travel(new Pulse { CoordinatorId = Id, Number = 7, Untaken = untaken }).Untaken);
        var echo = Travel(new PulseEcho { CoordinatorId = Id, Number = 7, Untaken = untaken });
        Assert.Equal((Id, 7L), (echo.CoordinatorId, echo.Number));
        Assert.Equal(untaken, echo.Untaken);
        Assert.Equal([Id], Travel(new CancelJobs { JobIds = [Id] }).JobIds);
        var handedBack = new HandedBack { DispatchId = Id, WorkerId = Id };
        Assert.Equal(handedBack, Travel(handedBack));
        var drain = new DrainWorker { WorkerId = Id, By = "ann" };
        Assert.Equal(drain, Travel(drain));
    }

    [Fact]
    public void A_message_of_a_later_version_with_members_that_this_one_does_not_know_is_read()
    {
        var handedBack = JsonSerializer.Deserialize<HandedBack>($$"""{"dispatchId":"{{Id}}","workerId":"{{Id}}","since":"tomorrow"}""", MassTransitOptions);
        Assert.Equal(Id, handedBack!.DispatchId);
    }

    private static T Travel<T>(T message) => JsonSerializer.Deserialize<T>(JsonSerializer.SerializeToUtf8Bytes(message, MassTransitOptions), MassTransitOptions)!;

    private static Dispatch Dispatch(string payload) => new()
    {
        Id = Id, Kind = "demo.mail", Queue = "mail", Sequence = 5_000_000_000, Jobs = [new DispatchedJob { Id = Id, Fence = 2, Attempt = 1, Payload = payload, Follows = true }],
    };

    private static DeadLetter Letter(string payload) =>
        new() { JobId = Id, Kind = "demo.mail", Queue = "mail", Attempts = 3, Reason = "why", Payload = payload };

    private static Settled Settled(string payload) => new()
    {
        DispatchId = Id, Worker = "host 1", Kind = "demo.mail", Queue = "mail", Last = true,
        Jobs = [new Settlement(Id, 1, Ending.Completed) { FollowUps = [new NewJob { Id = Id, Kind = "demo.mail", Queue = "mail", Payload = payload }] }],
    };
}
