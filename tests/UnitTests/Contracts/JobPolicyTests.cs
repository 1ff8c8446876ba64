namespace BusJobs.UnitTests.Contracts;

public sealed class JobPolicyTests
{
    [Fact]
    public void The_defaults_are_within_the_bounds() => Assert.Same(JobPolicy.Default, JobPolicy.Default.Checked("demo.mail"));

    public static TheoryData<string, JobPolicy> Bad => new()
    {
        { "MaxAttempts", new JobPolicy { MaxAttempts = 0 } },
        { "MaxAttempts", new JobPolicy { MaxAttempts = -1 } },
        { "MaxAttempts", new JobPolicy { MaxAttempts = 1_001 } },
        { "Timeout", new JobPolicy { Timeout = TimeSpan.Zero } },
        { "Timeout", new JobPolicy { Timeout = Timeout.InfiniteTimeSpan } },
        { "Timeout", new JobPolicy { Timeout = TimeSpan.FromDays(8) } },
        { "InProcessRetries", new JobPolicy { InProcessRetries = -1 } },
        { "InProcessRetries", new JobPolicy { InProcessRetries = 6 } },
        { "InProcessDelay", new JobPolicy { InProcessDelay = TimeSpan.FromTicks(-1) } },
        { "InProcessDelay", new JobPolicy { InProcessDelay = TimeSpan.FromSeconds(1.1) } },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public void A_policy_outside_the_bounds_is_refused_with_its_kind_and_member(string member, JobPolicy policy)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => policy.Checked("demo.mail"));
        Assert.Equal(member, error.ParamName);
        Assert.Contains("'demo.mail'", error.Message);
    }

    [Fact]
    public void Policies_on_the_bounds_are_fine()
    {
        _ = new JobPolicy { MaxAttempts = 1, Timeout = Limits.MinTimeout, InProcessRetries = 0, InProcessDelay = TimeSpan.Zero }.Checked("demo.mail");
        _ = new JobPolicy { MaxAttempts = 1_000, Timeout = Limits.MaxTimeout, InProcessRetries = 5, InProcessDelay = TimeSpan.FromSeconds(1) }.Checked("demo.mail");
    }
}
