using BusJobs.Ledger;

namespace BusJobs.UnitTests.Rules;

public sealed class RoomTests
{
    private static readonly Rate TenASecond = new(10, TimeSpan.FromSeconds(1));

    [Theory]
    [InlineData(LimitScope.Kind, "mail", 15, 10, true)]
    [InlineData(LimitScope.Kind, "mail", 14, 10, false)]
    [InlineData(LimitScope.Kind, "image", 10, 10, true)]
    [InlineData(LimitScope.Kind, "image", 9, 10, false)]
    [InlineData(LimitScope.Kind, DispatchLimit.Each, 14, 10, false)]
    [InlineData(LimitScope.Tenant, "acme", 15, 10, true)]
    [InlineData(LimitScope.Tenant, "acme", 14, 10, false)]
    [InlineData(LimitScope.Tenant, "other", 10, 10, true)]
    [InlineData(LimitScope.Tenant, "other", 9, 10, false)]
    public void Whatever_comes_may_start_where_every_limit_leaves_room_for_all_of_it(LimitScope scope, string name, int most, int starts, bool lets)
    {
        var room = new Room(Book([new DispatchLimit(scope, name) { MaxRunning = most }]), [new Running("mail", "acme", 5)], [], now: 0);
        Assert.Equal(lets, room.LetsAny(starts));
    }

    [Fact]
    public void What_started_lately_leaves_less_to_a_rate_and_so_does_what_was_taken()
    {
        var recent = RecentStarts.None;
        recent.Add(TenASecond, now: 1_000, count: 4);
        var room = new Room(Book([new DispatchLimit(LimitScope.Kind, DispatchLimit.Each) { Rate = TenASecond }]), [], new() { [(LimitScope.Kind, "mail")] = recent }, now: 1_010);
        Assert.True(room.LetsAny(6));
        Assert.False(room.LetsAny(7));
        room.TryTake("mail", "");
        Assert.False(room.LetsAny(6));
    }

    [Theory]
    [InlineData(PauseScope.Kind, false)]
    [InlineData(PauseScope.Tenant, true)]
    public void Where_a_kind_is_paused_not_everything_may_start(PauseScope scope, bool lets)
    {
        var room = Room.Free(new RuleBook(Guid.Empty, [new Pause(scope, "mail", "ann", Reason: null, default)], []));
        Assert.Equal(lets, room.LetsAny(1));
    }

    [Fact]
    public void Where_nothing_is_said_everything_may_start_and_nothing_is_remembered()
    {
        var room = Room.Free(Book([new DispatchLimit(LimitScope.Tenant, "acme") { Weight = 3 }]));
        Assert.True(room.LetsAny(int.MaxValue));
        Assert.True(room.TryTake("mail", "acme"));
        Assert.Empty(room.Started());
    }

    private static RuleBook Book(IReadOnlyList<DispatchLimit> limits) => new(Guid.Empty, [], limits);
}
