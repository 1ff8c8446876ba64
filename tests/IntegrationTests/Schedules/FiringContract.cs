using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling.Definitions;
using BusJobs.Scheduling.Fires;

namespace BusJobs.IntegrationTests.Schedules;

public abstract class FiringContract(LedgerFixture fixture) : SchedulesContract(fixture)
{
    [Fact]
    public async Task A_fire_enqueues_one_job_and_moves_the_schedule_on()
    {
        await SaveAsync(Every("15m"));
        Assert.Equal(FireCount.Nothing, await FireAfterAsync(TimeSpan.FromMinutes(14)));
        Assert.Equal(new FireCount(1, 0, 0, 0), await FireAfterAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(FireCount.Nothing, await FireAfterAsync(TimeSpan.FromMinutes(1)));

        var fire = Assert.Single(await Store.FiresAsync("s", null, 10, None));
        Assert.Equal((Now.AddMinutes(-1), FireOutcome.Enqueued), (fire.NominalAt, fire.Outcome));
        Assert.Equal((Kind, Queue), ((await FindAsync(fire.JobId)).Kind, (await FindAsync(fire.JobId)).Queue));
        var view = await Schedules.FindAsync("s", None);
        Assert.Equal((Now.AddMinutes(14), Now.AddMinutes(-1)), (view!.NextAt, view.LastAt));
    }

    [Theory]
    [InlineData(Misfire.Skip, "03:00", 11)]
    [InlineData(Misfire.RunOnce, "03:00", 11)]
    [InlineData(Misfire.RunAll, "00:15 00:30 00:45 01:00 01:15 01:30 01:45 02:00 02:15 02:30 02:45 03:00", 0)]
    public async Task Down_for_three_hours_and_up_on_time_for_a_fire_it_does_what_the_misfire_policy_says(Misfire misfire, string fired, long missed)
    {
        await SaveAsync(Every("15m", misfire: misfire));
        var count = await FireAfterAsync(TimeSpan.FromHours(3));

        Assert.Equal(fired.Split(' '), await FiredAsync());
        Assert.Equal((missed, missed), (count.Missed, (await Schedules.FindAsync("s", None))!.Missed));
        Assert.Equal(fired.Split(' ').Length, await RowsAsync("job"));
    }

    [Theory]
    [InlineData(Misfire.Skip, "", 11)]
    [InlineData(Misfire.RunOnce, "02:45", 10)]
    [InlineData(Misfire.RunAll, "00:15 00:30 00:45 01:00 01:15 01:30 01:45 02:00 02:15 02:30 02:45", 0)]
    public async Task Down_for_three_hours_and_up_between_two_fires_it_does_what_the_misfire_policy_says(Misfire misfire, string fired, long missed)
    {
        await SaveAsync(Every("15m", misfire: misfire));
        await FireAfterAsync(TimeSpan.FromHours(3) - TimeSpan.FromMinutes(5));

        Assert.Equal(fired.Split(' ', StringSplitOptions.RemoveEmptyEntries), await FiredAsync());
        Assert.Equal(missed, (await Schedules.FindAsync("s", None))!.Missed);
    }

    [Fact]
    public async Task The_limit_keeps_the_latest_and_the_catch_up_window_drops_what_is_too_old()
    {
        await SaveAsync(Every("15m", "limited", Misfire.RunAll) with { MisfireLimit = 2 });
        await SaveAsync(Every("15m", "windowed", Misfire.RunAll) with { CatchUp = TimeSpan.FromMinutes(40) });
        await FireAfterAsync(TimeSpan.FromHours(3) - TimeSpan.FromMinutes(5));

        Assert.Equal(["02:30", "02:45"], await FiredAsync("limited"));
        Assert.Equal(["02:15", "02:30", "02:45"], await FiredAsync("windowed"));
    }

    [Fact]
    public async Task A_clock_that_steps_back_and_forward_again_fires_nothing_twice()
    {
        await SaveAsync(Every("15m", misfire: Misfire.RunAll));
        await FireAfterAsync(TimeSpan.FromHours(1));
        await FireAfterAsync(TimeSpan.FromHours(-1));
        await FireAfterAsync(TimeSpan.FromHours(1));
        await FireAfterAsync(TimeSpan.FromMinutes(15));

        Assert.Equal(["00:15", "00:30", "00:45", "01:00", "01:15"], await FiredAsync());
    }

    [Fact]
    public async Task A_paused_schedule_rests_and_makes_up_by_its_policy()
    {
        await SaveAsync(Every("15m"));
        Assert.True(await Schedules.PauseAsync("s", None));
        Assert.Equal(FireCount.Nothing, await FireAfterAsync(TimeSpan.FromMinutes(50)));
        Assert.True(await Schedules.ResumeAsync("s", None));
        await FireAfterAsync(TimeSpan.Zero);

        Assert.Equal(["00:45"], await FiredAsync());
        Assert.False(await Schedules.PauseAsync("other", None));
    }

    [Fact]
    public async Task A_schedule_that_was_changed_meanwhile_fires_as_changed_and_not_as_planned()
    {
        await SaveAsync(Every("15m"));
        Clock.Advance(TimeSpan.FromMinutes(15));
        var stale = Assert.Single(await Store.DueAsync(AllKinds, Now, 10, None));
        await SaveAsync(Every("1h"));
        var job = Job();
        var report = await Store.FireAsync(
            [new Firing("s", [new Fire(stale.NextAt!.Value, job)]) { Advance = new Advance(stale.Version, stale.NextAt.Value, null, Now, 0) }], Now, None);

        Assert.Equal((0, 0), (report.Advanced, report.Fires.Count));
        Assert.Null(await Ledger.FindAsync(job.Id, None));
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 1, 0, 0, TimeSpan.Zero), (await Schedules.FindAsync("s", None))!.NextAt);
    }

    [Fact]
    public async Task An_earlier_job_is_cancelled_before_the_next_runs()
    {
        await SaveAsync(Every("15m") with { Overlap = Overlap.CancelRunning });
        await FireAfterAsync(TimeSpan.FromMinutes(15));
        await FireAfterAsync(TimeSpan.FromMinutes(15));

        var fires = await Store.FiresAsync("s", null, 10, None);
        Assert.Equal((LedgerState.Ready, LedgerState.Cancelled), (await StateAsync(fires[0].JobId), await StateAsync(fires[1].JobId)));
    }

    [Theory]
    [InlineData(Overlap.Skip, FireOutcome.Skipped)]
    [InlineData(Overlap.QueueOne, FireOutcome.Enqueued)]
    public async Task While_an_earlier_job_runs_the_next_is_skipped_or_one_waits(Overlap overlap, FireOutcome second)
    {
        await SaveAsync(Every("15m") with { Overlap = overlap });
        await FireAfterAsync(TimeSpan.FromMinutes(15));
        var running = Assert.Single(Assert.Single(await ClaimAsync()).Jobs).Id;
        await FireAfterAsync(TimeSpan.FromMinutes(15));
        await FireAfterAsync(TimeSpan.FromMinutes(15));

        var fires = await Store.FiresAsync("s", null, 10, None);
        Assert.Equal([FireOutcome.Skipped, second, FireOutcome.Enqueued], fires.Select(fire => fire.Outcome));
        Assert.Equal(running, fires[^1].JobId);
        Assert.Empty(await ClaimAsync());
    }

    [Fact]
    public async Task A_schedule_that_cannot_be_read_is_paused_and_holds_up_no_other()
    {
        await SaveAsync(Every("15m", "good"));
        await SaveAsync(Every("15m", "bad"));
        var bad = (await Store.FindScheduleAsync("bad", None))!;
        Assert.True(await Store.SaveScheduleAsync(bad with { Definition = "{\"id\":\"bad\",\"kind\":\"k\",\"rule\":\"never\"}" }, None));
        await FireAfterAsync(TimeSpan.FromMinutes(15));

        Assert.Equal(["00:15"], await FiredAsync("good"));
        Assert.True((await Store.FindScheduleAsync("bad", None))!.Paused);
    }

    [Fact]
    public async Task Two_schedulers_that_die_again_and_again_fire_ten_thousand_times_and_each_once()
    {
        const int schedules = 20;
        const int steps = 50;
        Options.Grace = TimeSpan.FromHours(1);
        for (var i = 0; i < schedules; i++)
        {
            await SaveAsync(Every("1m", $"s{i:00}"));
        }

        await using var other = Fixture.OpenAnother();
        var random = new Random(4);
        for (var step = 0; step < steps; step++)
        {
            Clock.Advance(TimeSpan.FromMinutes(10));
            await Task.WhenAll(
                Task.Run(() => DieOrFireAsync(new DyingStore(Store, random.Next(3)))),
                Task.Run(() => DieOrFireAsync(new DyingStore((IScheduleStore)other, random.Next(3)))));
            // Whatever both left behind is found by the next who looks.
            await FireAfterAsync(TimeSpan.Zero);
        }

        Assert.Equal((schedules * steps * 10, schedules * steps * 10), (await RowsAsync("fire"), await RowsAsync("job")));
        for (var i = 0; i < schedules; i++)
        {
            var fires = await Store.FiresAsync($"s{i:00}", null, 1_000, None);
            Assert.Equal(Enumerable.Range(1, steps * 10).Select(minute => Now.AddMinutes(minute - (steps * 10))), fires.Reverse().Select(fire => fire.NominalAt));
        }
    }

    private async Task DieOrFireAsync(DyingStore store)
    {
        try
        {
            await Due(store).FireAsync(AllKinds, None);
        }
        catch (DeathException)
        {
            Assert.True(store.IsDead);
        }
    }
}
