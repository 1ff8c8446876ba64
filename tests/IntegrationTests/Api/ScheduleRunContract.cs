using System.Text.Json;
using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Api;

/// <summary>What schedules will do, and what they are made to do, over HTTP; with the real clock, so nothing fires by itself here.</summary>
public abstract class ApiScheduleRunContract(LedgerFixture fixture) : ApiContract(fixture)
{
    [Fact]
    public async Task A_preview_tells_the_next_fires_of_one_of_all_and_of_one_that_is_not_there()
    {
        await Story.MakeScheduleAsync("hourly", "every 1h");
        await Story.MakeScheduleAsync("six", "every 6h");
        var (_, one) = await Story.GetAsync("/api/schedules/six/preview?count=3");
        Assert.Equal((3, true), (one.GetProperty("fires").GetArrayLength(), one.GetProperty("more").GetBoolean()));
        var (_, all) = await Story.GetAsync("/api/schedules/preview?hours=12");
        Assert.Equal(14, all.GetProperty("fires").GetArrayLength());
        Assert.Equal(all.GetProperty("fires").EnumerateArray().Select(At).Order(), all.GetProperty("fires").EnumerateArray().Select(At));

        var (status, unsaved) = await Story.PostAsync("/api/schedules/preview?count=2", ScheduleCalls.Nightly);
        Assert.Equal((200, 2), (status, unsaved.GetProperty("fires").GetArrayLength()));
        Assert.EndsWith("T02:30:00", unsaved.GetProperty("fires")[0].GetProperty("wallTime").GetString(), StringComparison.Ordinal);
        Assert.Equal(["hourly", "six"], ScheduleCalls.Ids((await Story.GetAsync("/api/schedules")).Body));
        Assert.Equal(404, (await Story.GetAsync("/api/schedules/other/preview")).Status);

        static DateTimeOffset At(JsonElement fire) => fire.GetProperty("runAt").GetDateTimeOffset();
    }

    [Fact]
    public async Task The_preview_of_all_shows_the_earliest_of_many_and_says_that_there_are_more()
    {
        await Story.MakeScheduleAsync("fast", "every 1s");
        await Story.MakeScheduleAsync("slow", "every 5m");
        var (_, all) = await Story.GetAsync("/api/schedules/preview?hours=24");
        Assert.Equal((1_000, true), (all.GetProperty("fires").GetArrayLength(), all.GetProperty("more").GetBoolean()));
        Assert.InRange(all.GetProperty("fires").EnumerateArray().Count(fire => fire.GetProperty("scheduleId").GetString() == "slow"), 3, 4);
    }

    [Fact]
    public async Task Run_now_enqueues_a_job_unless_the_overlap_policy_forbids_it()
    {
        await Story.MakeScheduleAsync("s", more: """, "overlap": "skip" """);
        var (status, fire) = await Story.PostAsync("/api/schedules/s/run", "");
        Assert.Equal((202, "enqueued"), (status, fire.GetProperty("outcome").GetString()));
        Assert.NotNull(await Story.Ledger.FindAsync(fire.GetProperty("jobId").GetGuid(), CancellationToken.None));
        Assert.Equal(409, (await Story.PostAsync("/api/schedules/s/run", "")).Status);
        Assert.Equal(404, (await Story.PostAsync("/api/schedules/other/run", "")).Status);

        var (_, history) = await Story.GetAsync("/api/schedules/s/fires");
        Assert.Equal(["skipped", "enqueued"], history.GetProperty("fires").EnumerateArray().Select(one => one.GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task A_backfill_counts_first_does_what_it_counted_and_its_fires_are_listed_in_pages()
    {
        await Story.MakeScheduleAsync("s", "every 1h");
        Assert.Equal((24, 0), await BackfillAsync(dryRun: true));
        Assert.Equal((24, 24), await BackfillAsync(dryRun: false));
        Assert.Equal((24, 0), await BackfillAsync(dryRun: false));
        var (fires, cursor) = (new List<DateTimeOffset>(), "");
        while (cursor is not null)
        {
            var (_, page) = await Story.GetAsync("/api/schedules/s/fires?limit=10" + cursor);
            fires.AddRange(page.GetProperty("fires").EnumerateArray().Select(fire => fire.GetProperty("nominalAt").GetDateTimeOffset()));
            cursor = page.GetProperty("next").GetString() is { } next ? "&cursor=" + Uri.EscapeDataString(next) : null;
        }

        Assert.Equal(24, fires.Distinct().Count());
        Assert.Equal(fires.OrderDescending(), fires);

        async Task<(int Fires, int Enqueued)> BackfillAsync(bool dryRun)
        {
            var (status, answer) = await Story.PostAsync(
                "/api/schedules/s/backfill", $$"""{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "dryRun": {{(dryRun ? "true" : "false")}}}""");
            Assert.Equal(200, status);
            return (answer.GetProperty("fires").GetInt32(), answer.GetProperty("enqueued").GetInt32());
        }
    }

    [Fact]
    public async Task A_backfill_beyond_the_limit_tells_where_to_go_on()
    {
        await Story.MakeScheduleAsync("s", "every 1s");
        var (_, answer) = await Story.PostAsync("/api/schedules/s/backfill", """{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "dryRun": true}""");
        Assert.Equal((10_000, "2026-01-01T02:46:40+00:00"), (answer.GetProperty("fires").GetInt32(), answer.GetProperty("goOnAt").GetString()));
    }
}
