using BusJobs.Coordinator.Dispatching;
using FsCheck;
using FsCheck.Fluent;

namespace BusJobs.UnitTests.Coordinator;

public sealed class PaceTests
{
    private readonly Pace pace = new();

    [Fact]
    public void Before_anything_is_known_a_kind_is_taken_for_slow()
    {
        Assert.Equal(25, pace.OfKind("a"));
        Assert.Equal(25, pace.OfQueue("mail"));
    }

    [Fact]
    public void The_first_sample_is_believed_and_kinds_and_queues_are_kept_apart()
    {
        pace.Note("a", "mail", milliseconds: 3, jobs: 1);
        Assert.Equal(3, pace.OfKind("a"));
        Assert.Equal(3, pace.OfQueue("mail"));
        Assert.Equal(25, pace.OfKind("b"));
    }

    [Fact]
    public void A_kind_that_got_slower_is_known_for_it_after_about_a_hundred_jobs()
    {
        pace.Note("a", "mail", milliseconds: 1, jobs: 1);
        pace.Note("a", "mail", milliseconds: 100, jobs: 1);
        Assert.InRange(pace.OfKind("a"), 2.9, 3.1);
        pace.Note("a", "mail", milliseconds: 100, jobs: 100);
        Assert.InRange(pace.OfKind("a"), 85, 90);
    }

    [Fact]
    public void The_average_stays_between_the_fastest_and_the_slowest_sample_and_above_zero()
    {
        var samples = Gen.Choose(0, 100_000).Two().Select(pair => (pair.Item1 / 10.0, (pair.Item2 % 100) + 1)).NonEmptyListOf();
        Prop.ForAll(samples.ToArbitrary(), list =>
        {
            var fresh = new Pace();
            foreach (var (milliseconds, jobs) in list)
            {
                fresh.Note("a", "mail", milliseconds, jobs);
            }

            var (least, most) = (Math.Max(0.01, list.Min(one => one.Item1)), Math.Max(0.01, list.Max(one => one.Item1)));
            return fresh.OfKind("a") >= least - 1e-6 && fresh.OfKind("a") <= most + 1e-6;
        }).QuickCheckThrowOnFailure();
    }
}
