using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Admission;

/// <summary>Keys that a job holds for a time or for a window, whatever becomes of it.</summary>
public abstract class HeldKeysContract(LedgerFixture fixture) : AdmissionContract(fixture)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private TimeWindow Today => TimeWindow.Of(T0, TimeSpan.FromDays(1));

    [Fact]
    public async Task A_key_is_held_for_its_time_even_when_the_job_has_ended()
    {
        var dispatch = await DispatchedAsync(Timed("a"));
        await SettleAsync(dispatch, Ending.Completed);

        Assert.Equal(new EnqueueResult.Duplicate(dispatch.Jobs[0].Id), await EnqueueAsync(Timed("a")));
        await AgeAsync("held_key", "expires_at", Hour);
        var next = await EnqueuedAsync(Timed("a"));
        Assert.Equal(new EnqueueResult.Duplicate(next), await EnqueueAsync(Timed("a")));
    }

    [Fact]
    public async Task Scopes_and_kinds_do_not_take_each_others_keys()
    {
        await EnqueuedAsync(Keyed("a"));
        await EnqueuedAsync(Timed("a"));
        await EnqueuedAsync(Timed("a") with { Kind = "test.other" });
        await EnqueuedAsync(Windowed("a", Today));
        Assert.True(await Ledger.HoldAsync(Kind, "a", Hour, CancellationToken.None));

        Assert.Equal(4, (await CountsAsync()).Ready);
    }

    [Fact]
    public async Task Requests_for_spans_that_coalesce_are_one_job_and_the_next_window_is_another()
    {
        var morning = TimeWindow.Covering(Today.Start.AddHours(8), Today.Start.AddHours(9), TimeSpan.FromDays(1));
        var evening = TimeWindow.Covering(Today.Start.AddHours(20), Today.Start.AddHours(24), TimeSpan.FromDays(1));
        var first = await EnqueuedAsync(Windowed("a", morning));

        Assert.Equal(new EnqueueResult.Duplicate(first), await EnqueueAsync(Windowed("a", evening)));
        await EnqueuedAsync(Windowed("a", TimeWindow.Of(Today.End, TimeSpan.FromDays(1))));
        await EnqueuedAsync(Windowed("b", morning));
    }

    [Fact]
    public async Task A_windows_key_is_held_for_its_time_beyond_the_windows_end()
    {
        await EnqueuedAsync(Windowed("a", Today));
        await AgeAsync("held_key", "expires_at", Today.End - T0 + Hour - TimeSpan.FromMinutes(1));
        Assert.IsType<EnqueueResult.Duplicate>(await EnqueueAsync(Windowed("a", Today)));
        await AgeAsync("held_key", "expires_at", TimeSpan.FromMinutes(2));

        await EnqueuedAsync(Windowed("a", Today));
    }

    [Fact]
    public async Task Replacing_changes_the_payload_until_the_job_is_dispatched_and_is_a_duplicate_after_that()
    {
        NewJob Replacing(int number) => Timed("a") with { Unique = Unique.For("a", Hour) with { Replace = true }, Payload = $$"""{"n":{{number}}}""" };
        var id = await EnqueuedAsync(Replacing(1));
        var duplicate = new EnqueueResult.Duplicate(id);

        Assert.Equal(duplicate, await EnqueueAsync(Replacing(2)));
        await ClaimAsync();
        Assert.Equal(duplicate, await EnqueueAsync(Replacing(3)));
        Assert.Equal("""{"n":2}""", (await FindAsync(id)).Payload);
    }

    [Fact]
    public async Task A_bumped_kind_frees_them()
    {
        await EnqueuedAsync(Timed("a"));
        await Ledger.BumpGenerationAsync(Kind, CancellationToken.None);
        var second = await EnqueuedAsync(Timed("a"));

        Assert.Equal(new EnqueueResult.Duplicate(second), await EnqueueAsync(Timed("a")));
    }

    [Fact]
    public async Task A_key_that_was_rolled_back_is_not_held()
    {
        await using var connection = await Fixture.ConnectAsync();
        await using (var lost = await connection.BeginTransactionAsync())
        {
            Assert.IsType<EnqueueResult.Enqueued>(await EnqueueAsync(Timed("a"), lost));
            await lost.RollbackAsync();
        }

        await EnqueuedAsync(Timed("a"));
    }

    [Fact]
    public async Task Keys_whose_time_is_over_are_forgotten()
    {
        await EnqueuedAsync(Timed("a"));
        await EnqueuedAsync(Windowed("b", Today));
        Assert.Equal(0, await Ledger.SweepAsync(100, now: null, CancellationToken.None));

        Assert.Equal(2, await Ledger.SweepAsync(100, T0.AddDays(3), CancellationToken.None));
        Assert.Equal(0, await RowsAsync("held_key"));
    }

    private static NewJob Timed(string key) => Job() with { Unique = Unique.For(key, Hour) };

    private static NewJob Windowed(string key, TimeWindow window) => Job() with { Unique = Unique.PerWindow(key, window) with { Ttl = Hour } };
}
