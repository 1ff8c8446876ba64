using BusJobs.IntegrationTests.Api;
using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Dashboard;

public sealed class WhyScheduleTests(SqliteLedgerFixture fixture) : DashboardContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    [Fact]
    public async Task A_schedule_tells_that_a_calendar_excludes_its_time_that_it_is_paused_or_when_it_fires()
    {
        var today = TimeProvider.System.GetUtcNow();
        Assert.Equal(200, (await Story.SaveAsync("/api/calendars/off", $$"""{"holidays": ["{{today:yyyy-MM-dd}}", "{{today.AddDays(1):yyyy-MM-dd}}"]}""")).Status);
        await Story.MakeScheduleAsync("hourly", rule: "30 * * * *", more: """, "calendars": ["off"] """);
        await IsFireToldAsync("hourly", "calendar", $"^Its rule gives 20.+:30:00 UTC, which the calendar off excludes: it fires next in .+, at {today.AddDays(2):yyyy-MM-dd} 00:30:00 UTC.$");
        await Story.MakeScheduleAsync("plain", rule: "30 * * * *");
        await IsFireToldAsync("plain", "time", "^It fires next in .+, at .+ UTC.$");
        Assert.Equal(204, (await Story.PostAsync("/api/schedules/plain/pause", "")).Status);
        await IsFireToldAsync("plain", "paused", "^The schedule is paused: it fires no more until it is resumed.");
    }

    private async Task IsFireToldAsync(string schedule, string code, string sentence)
    {
        var (found, told) = Assert.Single(await Told.CausesAsync($"/api/schedules/{schedule}/why", Story));
        Assert.Equal(code, found);
        Assert.Matches(sentence, told);
        await Told.IsSeenAsync(Story, $"/schedules/{schedule}", sentence, "schedules", "why", schedule);
    }
}
