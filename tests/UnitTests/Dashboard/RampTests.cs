using BusJobs.Api.Dashboard.Letters;
using BusJobs.Api.Letters;
using BusJobs.Ledger.Letters;

namespace BusJobs.UnitTests.Dashboard;

public sealed class RampTests
{
    private const string Reason = "it broke";

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(5, new[] { 5 })]
    [InlineData(12, new[] { 5, 5, 2 })]
    [InlineData(200, new[] { 5, 20, 175 })]
    public void A_ramp_goes_by_five_then_a_tenth_then_the_rest(int jobs, int[] expected)
    {
        var (ramp, steps) = (Of(jobs), new List<int>());
        while (ramp.Next() is { Count: > 0 } step)
        {
            steps.Add(step.Count);
            Assert.True(ramp.Look([.. step.Select(id => new JobStanding(id, LedgerState.Succeeded, Reason: null))]));
        }

        Assert.Equal(expected, steps);
        Assert.Equal((jobs, "All were redriven, and none came back."), (ramp.Done, ramp.End));
    }

    [Theory]
    [InlineData(LedgerState.Dead)]
    [InlineData(LedgerState.Scheduled)]
    public void A_failure_that_comes_back_ends_it(LedgerState state)
    {
        var ramp = Of(50);
        var step = ramp.Next();
        Assert.False(ramp.Look([.. step.Skip(1).Select(id => new JobStanding(id, LedgerState.Succeeded, Reason: null)), new JobStanding(step[0], state, Reason)]));
        Assert.Equal("Stopped: the failure came back in 1 of 5 jobs.", ramp.End);
        Assert.Empty(ramp.Next());
        Assert.Equal(5, ramp.Done);
    }

    [Fact]
    public void It_waits_while_jobs_run_and_passes_over_other_failures()
    {
        var ramp = Of(50);
        var step = ramp.Next();
        Assert.False(ramp.Look([new JobStanding(step[0], LedgerState.Dispatched, Reason: null)]));
        Assert.Null(ramp.End);
        Assert.True(ramp.Look([new JobStanding(step[0], LedgerState.Dead, "something else")]));
    }

    [Fact]
    public void One_that_was_stopped_does_nothing_more()
    {
        var ramp = Of(50);
        ramp.Stop("Stopped by ann.");
        Assert.Empty(ramp.Next());
        Assert.Equal("Stopped by ann.", ramp.End);
    }

    private static Ramp Of(int jobs) => new(Fingerprint.Of("k", Reason), "ann", [.. Enumerable.Range(1, jobs).Select(i => new Guid(i, 0, 0, new byte[8]))]);
}
