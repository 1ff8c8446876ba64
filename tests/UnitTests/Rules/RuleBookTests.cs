using BusJobs.Ledger;

namespace BusJobs.UnitTests.Rules;

public sealed class RuleBookTests
{
    [Theory]
    [InlineData(LimitScope.Kind, "mail", 30, true)]
    [InlineData(LimitScope.Kind, "mail", 29, false)]
    [InlineData(LimitScope.Kind, "other", 10, true)]
    [InlineData(LimitScope.Kind, "other", 9, false)]
    [InlineData(LimitScope.Kind, DispatchLimit.Each, 34, false)]
    [InlineData(LimitScope.Tenant, "acme", 34, false)]
    [InlineData(LimitScope.Tenant, "acme", 35, true)]
    [InlineData(LimitScope.Tenant, DispatchLimit.Each, 35, true)]
    public void A_limit_is_far_when_all_that_may_run_and_all_that_may_start_stay_below_it(LimitScope scope, string name, int most, bool far)
    {
        var book = new RuleBook(Guid.Empty, [], [new DispatchLimit(scope, name) { MaxRunning = most }]);
        Assert.Equal(far, book.LeavesRoomFor(10, [new Running("mail", "", 20), new Running("image", "", 5)]));
    }

    [Fact]
    public void A_rate_asks_for_nothing_that_runs()
    {
        var book = new RuleBook(Guid.Empty, [], [new DispatchLimit(LimitScope.Kind, "mail") { Rate = new Rate(1, TimeSpan.FromSeconds(1)) }]);
        Assert.True(book.LeavesRoomFor(int.MaxValue, [new Running("mail", "", int.MaxValue)]));
    }
}
