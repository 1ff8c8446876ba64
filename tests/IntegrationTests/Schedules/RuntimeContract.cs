using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling;
using BusJobs.Scheduling.Calendars;
using BusJobs.Scheduling.Fires;
using Microsoft.Extensions.Logging.Abstractions;

namespace BusJobs.IntegrationTests.Schedules;

/// <summary>Schedules declared, changed, previewed, run and backfilled.</summary>
public abstract class RuntimeContract(LedgerFixture fixture) : SchedulesContract(fixture)
{
    private static readonly CalendarDefinition Holidays = new() { Name = "holidays", Holidays = ["2026-01-02"] };

    private Declarations Declarations => new(
        Store, Schedules, Microsoft.Extensions.Options.Options.Create(Options), Clock, NullLogger<Declarations>.Instance);

    [Fact]
    public async Task What_is_saved_is_found_listed_and_removed()
    {
        var definition = Every("15m") with { Payload = "{\"a\":1}", Jitter = TimeSpan.FromSeconds(9), Zone = "Europe/Berlin", Calendars = [], Tenant = "acme" };
        var saved = await SaveAsync(definition);

        Assert.Equal(saved.Definition, (await Schedules.FindAsync("s", None))!.Definition with { Calendars = saved.Definition.Calendars });
        Assert.Equal(["s"], (await Schedules.ListAsync(null, 10, None)).Select(view => view.Definition.Id));
        Assert.True(await Schedules.RemoveAsync("s", None));
        Assert.False(await Schedules.RemoveAsync("s", None));
        Assert.Null(await Schedules.FindAsync("s", None));
    }

    [Theory]
    [InlineData("0 0 31 4 *")]
    [InlineData("at 2025-01-01T00:00")]
    [InlineData("bad")]
    public async Task A_schedule_that_never_fires_is_refused(string rule) =>
        await Assert.ThrowsAsync<JobRefusedException>(() => SaveAsync(Every("1h") with { Rule = rule }));

    [Fact]
    public async Task A_schedule_that_fires_too_often_is_refused()
    {
        Options.MinInterval = TimeSpan.FromSeconds(10);
        var refused = await Assert.ThrowsAsync<JobRefusedException>(() => SaveAsync(Every("1h") with { Rule = "* * * * * *" }));
        Assert.Contains("at least 00:00:10 between two fires", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_many_instances_declare_at_once_is_there_once_and_changes_at_runtime_outlive_restarts()
    {
        Options.Calendars.Add(Holidays);
        Options.Schedules.Add(Every("1h") with { Calendars = ["holidays"] });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Declarations.TakeOverAsync(None)));
        Assert.Equal(1, await RowsAsync("schedule"));
        await SaveAsync(Every("2h"));
        await Schedules.PauseAsync("s", None);
        await Declarations.TakeOverAsync(None);

        var view = (await Schedules.FindAsync("s", None))!;
        Assert.Equal(("every 2h", true, "server"), (view.Definition.Rule, view.Paused, view.Source));
    }

    [Fact]
    public async Task A_declaration_that_changes_is_taken_over_and_one_that_goes_is_removed_but_only_by_its_source()
    {
        await SaveAsync(Every("1h", "by-hand"));
        Options.Schedules.Add(Every("1h", "declared"));
        Options.Schedules.Add(Every("1h", "gone"));
        await Declarations.TakeOverAsync(None);
        Options.Schedules.Clear();
        Options.Schedules.Add(Every("3h", "declared"));
        Options.Schedules.Add(Every("1h", "refused") with { Rule = "0 0 31 4 *" });
        await Declarations.TakeOverAsync(None);

        Assert.Equal(["by-hand", "declared"], (await Schedules.ListAsync(null, 10, None)).Select(view => view.Definition.Id));
        Assert.Equal("every 3h", (await Schedules.FindAsync("declared", None))!.Definition.Rule);
    }

    [Fact]
    public async Task The_preview_goes_through_zone_calendar_and_jitter_and_the_next_day_shows_all_schedules()
    {
        await Schedules.SaveCalendarAsync(Holidays, None);
        await SaveAsync(Every("1h", "nightly") with { Rule = "30 2 * * *", Zone = "Europe/Berlin", Calendars = ["holidays"], Jitter = TimeSpan.FromMinutes(10) });
        await SaveAsync(Every("10h", "tens"));
        var preview = await Schedules.PreviewAsync("nightly", 2, None);

        Assert.Equal(["01 02:30", "03 02:30"], preview.Select(fire => fire.WallTime.ToString("dd HH:mm")));
        Assert.All(preview, fire => Assert.InRange(fire.RunAt, fire.NominalAt, fire.NominalAt.AddMinutes(10)));
        Assert.Equal(["nightly", "tens", "tens", "tens"], (await Schedules.UpcomingAsync(TimeSpan.FromDays(1), None)).Select(fire => fire.ScheduleId));
    }

    [Fact]
    public async Task A_calendar_that_is_changed_moves_its_schedules_and_one_that_is_used_stays()
    {
        await Schedules.SaveCalendarAsync(Holidays, None);
        await SaveAsync(Every("1h") with { Rule = "0 9 2 1 *", Calendars = ["holidays"] });
        Assert.Equal(2027, (await Schedules.FindAsync("s", None))!.NextAt!.Value.Year);
        await Schedules.SaveCalendarAsync(Holidays with { Holidays = [] }, None);

        Assert.Equal(2026, (await Schedules.FindAsync("s", None))!.NextAt!.Value.Year);
        await Assert.ThrowsAsync<JobRefusedException>(() => Schedules.RemoveCalendarAsync("holidays", None));
        await Schedules.RemoveAsync("s", None);
        Assert.True(await Schedules.RemoveCalendarAsync("holidays", None));
    }

    [Fact]
    public async Task Run_now_enqueues_beside_the_fires_and_as_often_as_it_is_asked()
    {
        await SaveAsync(Every("1h"));
        var fires = new[] { await Schedules.RunNowAsync("s", None), await Schedules.RunNowAsync("s", None) };

        Assert.All(fires, fire => Assert.Equal(FireOutcome.Enqueued, fire.Outcome));
        Assert.NotEqual(fires[0].JobId, fires[1].JobId);
        Assert.Equal(Now.AddHours(1), (await Schedules.FindAsync("s", None))!.NextAt);
        await Assert.ThrowsAsync<JobRefusedException>(() => Schedules.RunNowAsync("other", None));
    }

    [Fact]
    public async Task A_backfill_counts_first_and_enqueues_what_has_not_fired()
    {
        await SaveAsync(Every("1h"));
        var from = Now;
        await FireAfterAsync(TimeSpan.FromHours(10));
        Assert.Equal(new BackfillReport(10, GoOnAt: null, Enqueued: 0), await Schedules.BackfillAsync("s", from, Now, dryRun: true, None));
        Assert.Equal(new BackfillReport(10, GoOnAt: null, Enqueued: 10), await Schedules.BackfillAsync("s", from, Now, dryRun: false, None));
        Assert.Equal(new BackfillReport(10, GoOnAt: null, Enqueued: 0), await Schedules.BackfillAsync("s", from, Now, dryRun: false, None));

        Assert.Equal(11, await RowsAsync("job"));
        await Assert.ThrowsAsync<JobRefusedException>(() => Schedules.BackfillAsync("s", from, Now.AddHours(1), dryRun: true, None));
    }
}
