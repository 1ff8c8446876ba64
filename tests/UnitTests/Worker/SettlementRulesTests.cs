using BusJobs.Wire;
using BusJobs.Worker;
using FsCheck;
using FsCheck.Fluent;

namespace BusJobs.UnitTests.Worker;

public sealed class SettlementRulesTests
{
    private static readonly JobPolicy Policy = new() { MaxAttempts = 3, Backoff = Backoff.Intervals(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9)) };

    [Fact]
    public void Success_completes_whatever_the_token_says()
    {
        Assert.Equal(Ending.Completed, Decide(fault: null, succeeded: true).Ending);
        Assert.Equal(Ending.Completed, Decide(fault: null, StopCause.TimedOut, succeeded: true).Ending);
        Assert.Equal(Ending.Completed, Decide(fault: null, StopCause.GivenBack, succeeded: true).Ending);
    }

    [Fact]
    public void A_failure_waits_for_its_backoff_until_the_last_attempt()
    {
        var first = Decide(new InvalidOperationException("x"));
        Assert.Equal((Ending.RetryAt, 1_000L), (first.Ending, first.DelayMs));
        Assert.Equal(9_000, Decide(new InvalidOperationException("x"), attempt: 2).DelayMs);
        Assert.Equal(Ending.DeadLettered, Decide(new InvalidOperationException("x"), attempt: 3).Ending);
    }

    [Fact]
    public void What_the_job_says_of_its_attempts_goes_before_the_policy() =>
        Assert.Equal(Ending.RetryAt, Decide(new InvalidOperationException("x"), attempt: 3, maxAttempts: 4).Ending);

    [Theory]
    [InlineData(StopCause.TimedOut, Ending.RetryAt)]
    [InlineData(StopCause.Cancelled, Ending.Cancelled)]
    [InlineData(StopCause.GivenBack, Ending.Released)]
    [InlineData(StopCause.LeaseLost, Ending.Released)]
    internal void The_cause_of_the_token_is_asked_before_the_type_of_the_exception(StopCause cause, Ending ending)
    {
        Assert.Equal(ending, Decide(new OperationCanceledException(), cause).Ending);
        Assert.Equal(ending, Decide(new HttpRequestException("cut off"), cause).Ending);
        Assert.Equal(ending, Decide(new PermanentJobException("gave way badly"), cause).Ending);
        Assert.Equal(ending, Decide(fault: null, cause, succeeded: false).Ending);
    }

    [Fact]
    public void A_cancellation_that_nobody_asked_for_is_a_failure() =>
        Assert.Equal(Ending.RetryAt, Decide(new TaskCanceledException("a client's own timeout")).Ending);

    [Fact]
    public void Some_exceptions_say_how_to_settle()
    {
        Assert.Equal(Ending.DeadLettered, Decide(new PermanentJobException("never")).Ending);
        Assert.Equal(Ending.DeadLettered, Decide(new MalformedPayloadException("k", new FormatException())).Ending);
        var snoozed = Decide(new SnoozeJobException(TimeSpan.FromSeconds(5)), attempt: 3);
        Assert.Equal((Ending.Snoozed, 5_000L), (snoozed.Ending, snoozed.DelayMs));
    }

    [Fact]
    public void More_follow_ups_than_a_message_can_carry_are_refused()
    {
        var large = NewJob.From("k", "q", $"\"{new string('x', 200_000)}\"", options: null, TimeProvider.System);
        var end = End(fault: null, succeeded: true) with { FollowUps = [.. Enumerable.Repeat(large, 30)] };
        var settlement = SettlementRules.Decide(end, Policy);
        Assert.Equal(Ending.DeadLettered, settlement.Ending);
        Assert.Contains("30 follow-up jobs hold 6,000,060 bytes", settlement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_delay_of_a_retry_lies_in_the_upper_half_of_the_backoff() => Prop.ForAll(
        Gen.Choose(1, 2_000).ToArbitrary(),
        Gen.Choose(0, 999_999).Select(n => n / 1_000_000d).ToArbitrary(),
        Gen.Choose(1, 3_600).ToArbitrary(),
        (attempt, jitter, cap) =>
        {
            var policy = new JobPolicy { MaxAttempts = Limits.MaxAttempts, Backoff = Backoff.Exponential(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(cap)) };
            var end = End(new InvalidOperationException("x"), attempt: attempt, maxAttempts: attempt + 1) with { Jitter = jitter };
            var full = Math.Min(1_000 * Math.Pow(2, attempt - 1), cap * 1_000d);
            var delay = SettlementRules.Decide(end, policy).DelayMs;
            return delay >= full / 2 && delay <= full + 1;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_end_keeps_the_job_and_its_fence() => Prop.ForAll(
        Gen.Choose(0, 4).ToArbitrary(), Gen.Choose(1, 1_000_000).ToArbitrary(), ArbMap.Default.ArbFor<bool>(), (cause, fence, succeeded) =>
        {
            var end = End(new InvalidOperationException("x"), (StopCause)cause, succeeded);
            end = end with { Job = end.Job with { Fence = fence } };
            var settlement = SettlementRules.Decide(end, Policy);
            return settlement.JobId == end.Job.Id && settlement.Fence == fence && (settlement.Reason is null) == succeeded;
        }).QuickCheckThrowOnFailure();

    private static Settlement Decide(
        Exception? fault, StopCause cause = StopCause.None, bool succeeded = false, int attempt = 1, int? maxAttempts = null) =>
        SettlementRules.Decide(End(fault, cause, succeeded, attempt, maxAttempts), Policy);

    private static AttemptEnd End(Exception? fault, StopCause cause = StopCause.None, bool succeeded = false, int attempt = 1, int? maxAttempts = null) => new()
    {
        Job = new DispatchedJob { Id = new Guid(7, 0, 0, new byte[8]), Fence = 5, Attempt = attempt, MaxAttempts = maxAttempts, Payload = "{}" },
        Fault = fault,
        Cause = cause,
        Succeeded = succeeded,
        Timeout = TimeSpan.FromSeconds(5),
    };
}
