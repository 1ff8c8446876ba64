namespace BusJobs.UnitTests.Contracts;

public sealed class JobKindTests
{
    [Fact]
    public void A_command_has_the_name_and_the_queue_of_its_attribute()
    {
        Assert.Equal(new JobKind("demo.mail", "mail"), JobKind.Of(typeof(SendMail)));
        Assert.Equal(new JobKind("demo.plain", Names.DefaultQueue), JobKind.Of(typeof(Plain)));
    }

    [Fact]
    public void A_command_is_read_once() => Assert.Same(JobKind.Of(typeof(SendMail)), JobKind.Of(typeof(SendMail)));

    [Fact]
    public void A_type_without_the_attribute_is_no_command() =>
        Refusal.Of("kind", "a command must carry [JobKind(", () => JobKind.Of(typeof(Unmarked)));

    [Fact]
    public void The_attribute_is_not_inherited() => Refusal.Of("kind", "a command must carry", () => JobKind.Of(typeof(Heir)));

    [Fact]
    public void A_bad_name_in_the_attribute_is_refused() => Refusal.Of("kind", Names.Allowed, () => JobKind.Of(typeof(BadKind)));

    [Fact]
    public void A_bad_queue_in_the_attribute_is_refused() => Refusal.Of("queue", "does not end in '.dead'", () => JobKind.Of(typeof(BadQueue)));

    [JobKind("demo.mail", Queue = "mail")]
    internal sealed record SendMail(string To);

    [JobKind("demo.plain")]
    internal record Plain;

    internal sealed record Heir : Plain;

    internal sealed record Unmarked;

    [JobKind("System.Diagnostics.Process, System")]
    internal sealed record BadKind;

    [JobKind("demo.bad-queue", Queue = "mail.dead")]
    internal sealed record BadQueue;
}
