using System.Diagnostics;
using BusJobs.UnitTests.Support;

namespace BusJobs.UnitTests.Contracts;

public sealed class NewJobTests
{
    private const string Years = "a time between the years 1970 and 2200";

    private static readonly ManualClock Clock = new();
    private static readonly TimeWindow Today = TimeWindow.Of(Clock.GetUtcNow(), TimeSpan.FromDays(1));

    public static TheoryData<string, string, Func<NewJob, NewJob>> Bad
    {
        get
        {
            var bad = new TheoryData<string, string, Func<NewJob, NewJob>>
            {
                { "id", "a UUID that is not all zero", job => job with { Id = Guid.Empty } },
                { "queue", "does not end in '.dead'", job => job with { Queue = "mail.dead" } },
                { "delay", "either a delay or a run-at time", job => job with { Delay = TimeSpan.FromSeconds(1), RunAt = Clock.GetUtcNow() } },
                { "delay", "0 to 10 years", job => job with { Delay = TimeSpan.FromTicks(-1) } },
                { "delay", "0 to 10 years", job => job with { Delay = TimeSpan.MinValue } },
                { "delay", "0 to 10 years", job => job with { Delay = TimeSpan.MaxValue } },
                { "delay", "0 to 10 years", job => job with { Delay = Limits.MaxDelay + TimeSpan.FromTicks(1) } },
                { "runAt", Years, job => job with { RunAt = DateTimeOffset.MinValue } },
                { "runAt", Years, job => job with { RunAt = DateTimeOffset.MaxValue } },
                { "runAt", Years, job => job with { RunAt = new DateTimeOffset(1969, 12, 31, 23, 59, 59, TimeSpan.Zero) } },
                { "runAt", Years, job => job with { RunAt = new DateTimeOffset(2201, 1, 1, 0, 0, 0, TimeSpan.Zero) } },
                { "maxAttempts", "1 to 1,000", job => job with { MaxAttempts = 0 } },
                { "maxAttempts", "1 to 1,000", job => job with { MaxAttempts = -1 } },
                { "maxAttempts", "1 to 1,000", job => job with { MaxAttempts = 1_001 } },
                { "maxAttempts", "1 to 1,000", job => job with { MaxAttempts = int.MaxValue } },
                { "maxAttempts", "1 to 1,000", job => job with { MaxAttempts = int.MinValue } },
                { "timeout", "1 ms to 7 days", job => job with { Timeout = TimeSpan.Zero } },
                { "timeout", "1 ms to 7 days", job => job with { Timeout = TimeSpan.FromTicks(-1) } },
                { "timeout", "1 ms to 7 days", job => job with { Timeout = TimeSpan.FromTicks(9_999) } },
                { "timeout", "1 ms to 7 days", job => job with { Timeout = Limits.MaxTimeout + TimeSpan.FromTicks(1) } },
                { "timeout", "1 ms to 7 days", job => job with { Timeout = Timeout.InfiniteTimeSpan } },
                { "maxAge", "1 ms to 10 years", job => job with { MaxAge = TimeSpan.Zero } },
                { "maxAge", "1 ms to 10 years", job => job with { MaxAge = TimeSpan.MaxValue } },
                { "unique.key", "1 to 200 characters", job => job with { Unique = Unique.WhileActive("") } },
                { "unique.key", "1 to 200 characters", job => job with { Unique = Unique.WhileActive(new string('x', 201)) } },
                { "unique.key", "without control characters", job => job with { Unique = Unique.WhileActive("a\0b") } },
                { "unique.key", "without control characters", job => job with { Unique = Unique.WhileActive("\ud800") } },
                { "unique.ttl", "1 ms to 10 years", job => job with { Unique = Unique.For("a", TimeSpan.Zero) } },
                { "unique.ttl", "1 ms to 10 years", job => job with { Unique = Unique.For("a", TimeSpan.FromTicks(-1)) } },
                { "unique.ttl", "none with WhileActive", job => job with { Unique = Unique.WhileActive("a") with { Ttl = TimeSpan.FromHours(1) } } },
                { "unique.window", "a window with PerWindow", job => job with { Unique = Unique.For("a", TimeSpan.FromHours(1)) with { Window = Today } } },
                { "unique.window", "ends after its start", job => job with { Unique = Unique.PerWindow("a", Today with { End = Today.Start }) } },
                { "unique.scope", "WhileActive, For or PerWindow", job => job with { Unique = Unique.WhileActive("a") with { Scope = (UniqueScope)9 } } },
                { "unique.whenRunning", "QueueOneFollowUp or Drop", job => job with { Unique = Unique.WhileActive("a") with { WhenRunning = (WhenRunning)9 } } },
                { "tags", "at most 16 tags", job => job with { Tags = [.. Enumerable.Range(0, 17).Select(i => $"t{i}")] } },
                { "tags", Names.Allowed, job => job with { Tags = ["fine", "not fine"] } },
                { "tags", Names.Allowed, job => job with { Tags = [""] } },
                { "tags", Names.Allowed, job => job with { Tags = [null!] } },
                { "tags", "a list", job => job with { Tags = null! } },
                { "payload", "JSON", job => job with { Payload = null! } },
                { "payload", "JSON", job => job with { Payload = "{} \u202E\u001b[31m" } },
            };
            foreach (var name in NamesTests.BadNames)
            {
                bad.Add("kind", Names.Allowed, job => job with { Kind = name! });
                bad.Add("queue", Names.Allowed, job => job with { Queue = name! });
                if (name is not null)
                {
                    bad.Add("tenant", Names.Allowed, job => job with { Tenant = name });
                }
            }

            foreach (var trace in (string[])["", "x", "00-00000000000000000000000000000000-0000000000000000-00", "00-" + new string('g', 32) + "-0123456789abcdef-01", new string('0', 10_000), "\u0000", "\u202E"])
            {
                bad.Add("traceParent", "a W3C traceparent", job => job with { TraceParent = trace });
            }

            return bad;
        }
    }

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void The_door_refuses_what_breaks_a_rule(string field, string allowed, Func<NewJob, NewJob> spoil) =>
        Refusal.Of(field, allowed, () => spoil(Good()).Checked());

    public static TheoryData<Func<NewJob, NewJob>> Fine =>
    [
        job => job,
        job => job with { Delay = TimeSpan.Zero },
        job => job with { Delay = Limits.MaxDelay },
        job => job with { RunAt = DateTimeOffset.UnixEpoch },
        job => job with { RunAt = new DateTimeOffset(2200, 12, 31, 0, 0, 0, TimeSpan.Zero) },
        job => job with { Priority = 0 },
        job => job with { Priority = 255 },
        job => job with { MaxAttempts = 1 },
        job => job with { MaxAttempts = Limits.MaxAttempts },
        job => job with { Timeout = Limits.MinTimeout },
        job => job with { Timeout = Limits.MaxTimeout },
        job => job with { Tenant = "acme" },
        job => job with { MaxAge = TimeSpan.FromMilliseconds(1) },
        job => job with { MaxAge = Limits.MaxDelay },
        job => job with { Unique = Unique.WhileActive("org-1/Äpfel & 🍐") },
        job => job with { Unique = Unique.For(new string('x', 200), Limits.MaxDelay) },
        job => job with { Unique = Unique.PerWindow("a", Today) with { Replace = true } },
        job => job with { Tags = [.. Enumerable.Range(0, 16).Select(i => $"t{i}")] },
        job => job with { TraceParent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01" },
    ];

    [Theory]
    [MemberData(nameof(Fine), DisableDiscoveryEnumeration = true)]
    public void The_door_lets_in_what_lies_on_the_bounds(Func<NewJob, NewJob> change)
    {
        var job = change(Good());
        Assert.Same(job, job.Checked());
    }

    [Fact]
    public void A_job_takes_what_its_options_say_and_the_rest_from_its_kind()
    {
        var job = NewJob.From(new JobKindTests.SendMail("x"), options: null, Clock);
        Assert.Equal(("demo.mail", "mail", """{"to":"x"}"""), (job.Kind, job.Queue, job.Payload));
        Assert.Equal(EnqueueOptions.DefaultPriority, job.Priority);
        Assert.Null(job.RunAt ?? (object?)job.Delay ?? (object?)job.MaxAttempts ?? job.Timeout);

        var id = Guid.CreateVersion7(Clock.GetUtcNow());
        var options = new EnqueueOptions
        {
            Id = id, Queue = "other", Priority = 3, Delay = TimeSpan.FromHours(1), MaxAttempts = 7, Timeout = TimeSpan.FromSeconds(9), Tenant = "acme", Tags = ["red"],
        };
        var other = NewJob.From(new JobKindTests.SendMail("x"), options, Clock);
        Assert.Equal((id, "other", 3, "acme"), (other.Id, other.Queue, other.Priority, other.Tenant));
        Assert.Equal((TimeSpan.FromHours(1), 7, TimeSpan.FromSeconds(9)), (other.Delay, other.MaxAttempts, other.Timeout));
        Assert.Equal(["red"], other.Tags);
    }

    [Fact]
    public void A_new_id_is_a_UUID_of_version_7_with_the_time_of_the_clock()
    {
        var id = NewJob.From(new JobKindTests.SendMail("x"), options: null, Clock).Id;
        Assert.Equal(7, id.Version);
        var milliseconds = Convert.ToInt64(id.ToString("n")[..12], 16);
        Assert.Equal(Clock.GetUtcNow().ToUnixTimeMilliseconds(), milliseconds);
    }

    [Fact]
    public void A_job_continues_the_activity_in_which_it_was_enqueued()
    {
        using var activity = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();
        Assert.Equal(activity.Id, NewJob.From(new JobKindTests.SendMail("x"), options: null, Clock).TraceParent);
    }

    [Fact]
    public void A_job_enqueued_in_an_activity_of_the_old_kind_is_no_reason_to_refuse_it()
    {
        using var activity = new Activity("caller").SetIdFormat(ActivityIdFormat.Hierarchical).Start();
        Assert.Null(NewJob.From(new JobKindTests.SendMail("x"), options: null, Clock).TraceParent);
    }

    private static NewJob Good() => new() { Id = Guid.CreateVersion7(Clock.GetUtcNow()), Kind = "demo.mail", Queue = "mail", Payload = "{}" };

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData(201)]
    public void A_serial_key_that_cannot_be_kept_is_refused(object key)
    {
        var job = Good() with { SerialKey = key as string ?? new string('k', (int)key) };
        Assert.Equal("serialKey", Assert.Throws<JobRefusedException>(job.Checked).Field);
    }
}
