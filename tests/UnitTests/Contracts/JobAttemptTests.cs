using BusJobs.UnitTests.Support;

namespace BusJobs.UnitTests.Contracts;

public sealed class JobAttemptTests
{
    private readonly JobAttempt attempt = new(new ManualClock())
    {
        JobId = Guid.Parse("01890000-0000-7000-8000-000000000001"), Kind = "demo.mail", Queue = "mail", Number = 1, MaxAttempts = 10, Fence = 1,
    };

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(int.MinValue, 0)]
    [InlineData(0, 0)]
    [InlineData(42, 42)]
    [InlineData(100, 100)]
    [InlineData(101, 100)]
    [InlineData(int.MaxValue, 100)]
    public void Progress_is_clamped(int reported, int shown)
    {
        attempt.ReportProgress(reported);
        Assert.Equal(new JobProgress(attempt.JobId, shown, Note: null), attempt.Progress);
    }

    [Fact]
    public void A_note_is_cut_at_200_characters()
    {
        attempt.ReportProgress(1, new string('x', 200));
        Assert.Equal(200, attempt.Progress!.Note!.Length);
        attempt.ReportProgress(2, new string('x', 201));
        Assert.Equal((2, 200), (attempt.Progress!.Percent, attempt.Progress.Note!.Length));
    }

    [Fact]
    public void A_note_is_not_cut_through_a_character_that_takes_two()
    {
        attempt.ReportProgress(1, new string('x', 199) + "😀");
        Assert.Equal(new string('x', 199), attempt.Progress!.Note);
    }

    [Fact]
    public void A_note_is_fit_to_be_stored()
    {
        attempt.ReportProgress(1, "a\0b");
        Assert.Equal("a b", attempt.Progress!.Note);
    }

    [Fact]
    public void Before_the_first_report_there_is_no_progress() => Assert.Null(attempt.Progress);

    [Fact]
    public void Follow_ups_are_kept_in_order_with_ids_of_their_own()
    {
        var first = attempt.FollowUp(new JobKindTests.SendMail("a"));
        var second = attempt.FollowUp(new JobKindTests.SendMail("b"), new EnqueueOptions { Queue = "other" });
        Assert.Equal([first, second], attempt.FollowUps.Select(job => job.Id));
        Assert.Equal(["mail", "other"], attempt.FollowUps.Select(job => job.Queue));
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Follow_ups_may_be_added_from_many_threads()
    {
        Parallel.For(0, 1_000, i => attempt.FollowUp(new JobKindTests.SendMail($"{i}")));
        Assert.Equal(1_000, attempt.FollowUps.Select(job => job.Payload).Distinct().Count());
    }

    [Fact]
    public void A_follow_up_goes_through_the_door_like_any_job()
    {
        Refusal.Of("queue", Names.Allowed, () => attempt.FollowUp(new JobKindTests.SendMail("a"), new EnqueueOptions { Queue = "#" }));
        Assert.Empty(attempt.FollowUps);
    }

    [Theory]
    [InlineData(-5, 0)]
    [InlineData(30, 30)]
    public void A_snooze_is_clamped(int asked, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new SnoozeJobException(TimeSpan.FromSeconds(asked)).Delay);

    [Fact]
    public void A_snooze_for_ever_is_one_of_ten_years() => Assert.Equal(Limits.MaxDelay, new SnoozeJobException(TimeSpan.MaxValue).Delay);
}
