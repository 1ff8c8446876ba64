using System.ComponentModel.DataAnnotations;
using Forge;
using Forge.Indexing;

namespace BusJobs.UnitTests.Forge;

public sealed class InjectedFaultTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly List<Guid> Ids = [.. Enumerable.Range(0, 5_000).Select(i => Guid.CreateVersion7(Start.AddMilliseconds(i)))];

    [Fact]
    public void About_the_asked_share_of_jobs_is_hit() => Assert.InRange(Ids.Count(id => InjectedFaultException.Hits(id, 0.1)), 400, 600);

    [Fact]
    public void None_and_all_mean_what_they_say()
    {
        Assert.DoesNotContain(Ids, id => InjectedFaultException.Hits(id, 0));
        Assert.All(Ids, id => Assert.True(InjectedFaultException.Hits(id, 1)));
    }

    [Fact]
    public void Only_first_attempts_fail()
    {
        Assert.Throws<InjectedFaultException>(() => InjectedFaultException.ThrowIfHit(Attempt(1), rate: 1));
        InjectedFaultException.ThrowIfHit(Attempt(2), rate: 1);
    }

    [Fact]
    public void Options_are_valid_by_default_and_refused_out_of_bounds()
    {
        var options = new ForgeOptions { DataFolder = "/data" }.Checked();
        Assert.Throws<ValidationException>(() => (options with { FaultRate = 1.1 }).Checked());
        Assert.Throws<ValidationException>(() => (options with { FaultRate = double.NaN }).Checked());
        Assert.Throws<ValidationException>(() => (options with { DataFolder = null }).Checked());
    }

    private static JobAttempt Attempt(int number) => new(TimeProvider.System)
    {
        JobId = Ids[0], Kind = "forge.reindex-search", Queue = "search", Number = number, MaxAttempts = 5, Fence = number,
    };
}
