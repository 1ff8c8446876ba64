using System.Text.Json;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Api;

/// <summary>Schedules and calendars over HTTP, with the real clock: nothing fires by itself here.</summary>
public abstract class ApiScheduleContract(LedgerFixture fixture) : ApiContract(fixture)
{
    private const string Nightly =
        """
        {"kind": "test.job", "rule": "30 2 * * *", "zone": "Europe/Berlin", "payload": {"a": [1.50, null]}, "priority": 7, "jitter": "90s",
         "misfire": "run-all", "misfireLimit": 5, "catchUp": "12h", "overlap": "cancel-running", "timeout": "1500ms", "startsAt": "2026-01-01T00:00:00+01:00"}
        """;

    [Fact]
    public async Task A_schedule_is_made_shown_changed_with_what_was_shown_and_removed()
    {
        var (made, body) = await Story.PutAsync("/api/schedules/nightly", Nightly);
        Assert.Equal(201, made);
        var definition = body.GetProperty("definition");
        Assert.Equal(
            ("90s", "run-all", "12h", "cancel-running", "1500ms", """{"a":[1.50,null]}"""),
            (Text("jitter"), Text("misfire"), Text("catchUp"), Text("overlap"), Text("timeout"), definition.GetProperty("payload").GetRawText()));
        Assert.False(body.GetProperty("paused").GetBoolean());
        Assert.Equal(JsonValueKind.String, body.GetProperty("nextAt").ValueKind);

        var (changed, again) = await Story.PutAsync("/api/schedules/nightly", definition.GetRawText());
        Assert.Equal((200, body.GetRawText()), (changed, again.GetRawText()));
        Assert.Equal(body.GetRawText(), (await Story.GetAsync("/api/schedules/nightly")).Body.GetRawText());
        Assert.Equal(204, await Story.DeleteAsync("/api/schedules/nightly"));
        Assert.Equal(404, await Story.DeleteAsync("/api/schedules/nightly"));
        Assert.Equal(404, (await Story.GetAsync("/api/schedules/nightly")).Status);

        string Text(string member) => definition.GetProperty(member).GetString()!;
    }

    [Fact]
    public async Task Schedules_are_listed_in_pages_by_id()
    {
        foreach (var id in new[] { "c", "a", "b" })
        {
            await MakeAsync(id);
        }

        var (_, first) = await Story.GetAsync("/api/schedules?limit=2");
        var (_, second) = await Story.GetAsync("/api/schedules?limit=2&cursor=" + first.GetProperty("next").GetString());
        Assert.Equal(["a", "b", "c"], Ids(first).Concat(Ids(second)));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task A_paused_schedule_stays_paused_when_it_is_changed_until_it_is_resumed()
    {
        await MakeAsync("s");
        Assert.Equal(204, (await Story.PostAsync("/api/schedules/s/pause", "")).Status);
        await MakeAsync("s", expected: 200);
        Assert.True((await Story.GetAsync("/api/schedules/s")).Body.GetProperty("paused").GetBoolean());
        Assert.Equal(0, (await Story.GetAsync("/api/schedules/preview")).Body.GetProperty("fires").GetArrayLength());
        Assert.Equal(204, (await Story.PostAsync("/api/schedules/s/resume", "")).Status);
        Assert.False((await Story.GetAsync("/api/schedules/s")).Body.GetProperty("paused").GetBoolean());
        Assert.Equal(404, (await Story.PostAsync("/api/schedules/other/pause", "")).Status);
        Assert.Equal(404, (await Story.PostAsync("/api/schedules/other/resume", "")).Status);
    }

    [Fact]
    public async Task A_preview_tells_the_next_fires_of_one_of_all_and_of_one_that_is_not_there()
    {
        await MakeAsync("hourly", "every 1h");
        await MakeAsync("six", "every 6h");
        var (_, one) = await Story.GetAsync("/api/schedules/six/preview?count=3");
        Assert.Equal((3, true), (one.GetProperty("fires").GetArrayLength(), one.GetProperty("more").GetBoolean()));
        var (_, all) = await Story.GetAsync("/api/schedules/preview?hours=12");
        Assert.Equal(14, all.GetProperty("fires").GetArrayLength());
        Assert.Equal(all.GetProperty("fires").EnumerateArray().Select(At).Order(), all.GetProperty("fires").EnumerateArray().Select(At));

        var (status, unsaved) = await Story.PostAsync("/api/schedules/preview?count=2", Nightly);
        Assert.Equal((200, 2), (status, unsaved.GetProperty("fires").GetArrayLength()));
        Assert.EndsWith("T02:30:00", unsaved.GetProperty("fires")[0].GetProperty("wallTime").GetString(), StringComparison.Ordinal);
        Assert.Equal(["hourly", "six"], Ids((await Story.GetAsync("/api/schedules")).Body));
        Assert.Equal(404, (await Story.GetAsync("/api/schedules/other/preview")).Status);

        static DateTimeOffset At(JsonElement fire) => fire.GetProperty("runAt").GetDateTimeOffset();
    }

    [Fact]
    public async Task The_preview_of_all_shows_the_earliest_of_many_and_says_that_there_are_more()
    {
        await MakeAsync("fast", "every 1s");
        await MakeAsync("slow", "every 5m");
        var (_, all) = await Story.GetAsync("/api/schedules/preview?hours=24");
        Assert.Equal((1_000, true), (all.GetProperty("fires").GetArrayLength(), all.GetProperty("more").GetBoolean()));
        Assert.InRange(all.GetProperty("fires").EnumerateArray().Count(fire => fire.GetProperty("scheduleId").GetString() == "slow"), 3, 4);
    }

    [Fact]
    public async Task Run_now_enqueues_a_job_unless_the_overlap_policy_forbids_it()
    {
        await MakeAsync("s", more: """, "overlap": "skip" """);
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
        await MakeAsync("s", "every 1h");
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
        await MakeAsync("s", "every 1s");
        var (_, answer) = await Story.PostAsync("/api/schedules/s/backfill", """{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "dryRun": true}""");
        Assert.Equal((10_000, "2026-01-01T02:46:40+00:00"), (answer.GetProperty("fires").GetInt32(), answer.GetProperty("goOnAt").GetString()));
    }

    [Fact]
    public async Task A_calendar_is_made_used_changed_and_removed_when_nothing_goes_by_it()
    {
        Assert.Equal(200, (await Story.PutAsync("/api/calendars/office", """{"weekdays": ["mon", "tue"], "windows": ["08:00-18:00"], "holidays": ["12-25"]}""")).Status);
        Assert.Equal("office", Assert.Single((await Story.GetAsync("/api/calendars")).Body.EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal("12-25", (await Story.GetAsync("/api/calendars/office")).Body.GetProperty("holidays")[0].GetString());
        await MakeAsync("s", more: """, "calendars": ["office"] """);
        Assert.Equal(400, await Story.DeleteAsync("/api/calendars/office"));
        await Story.DeleteAsync("/api/schedules/s");
        Assert.Equal(204, await Story.DeleteAsync("/api/calendars/office"));
        Assert.Equal(404, await Story.DeleteAsync("/api/calendars/office"));
        Assert.Equal(404, (await Story.GetAsync("/api/calendars/office")).Status);
    }

    [Fact]
    public async Task A_tenants_key_reaches_the_schedules_of_that_tenant_only()
    {
        using var acme = Story.Caller(await Story.KeyAsync(ApiScopes.Admin, "acme"));
        await MakeAsync("foreign", more: """, "tenant": "other" """);
        await MakeAsync("common");
        await MakeAsync("own", http: acme);
        Assert.Equal("acme", (await Story.GetAsync("/api/schedules/own")).Body.GetProperty("definition").GetProperty("tenant").GetString());
        Assert.Equal(["own"], Ids((await Story.GetAsync("/api/schedules", acme)).Body));
        Assert.All(
            (await Story.GetAsync("/api/schedules/preview", acme)).Body.GetProperty("fires").EnumerateArray(), fire => Assert.Equal("own", fire.GetProperty("scheduleId").GetString()));
        foreach (var id in new[] { "foreign", "common" })
        {
            Assert.Equal(404, (await Story.GetAsync($"/api/schedules/{id}", acme)).Status);
            Assert.Equal(404, (await Story.GetAsync($"/api/schedules/{id}/preview", acme)).Status);
            Assert.Equal(404, (await Story.GetAsync($"/api/schedules/{id}/fires", acme)).Status);
            Assert.Equal(404, (await Story.PostAsync($"/api/schedules/{id}/pause", "", acme)).Status);
            Assert.Equal(404, (await Story.PostAsync($"/api/schedules/{id}/resume", "", acme)).Status);
            Assert.Equal(404, (await Story.PostAsync($"/api/schedules/{id}/run", "", acme)).Status);
            Assert.Equal(404, (await Story.PostAsync($"/api/schedules/{id}/backfill", """{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}""", acme)).Status);
            Assert.Equal(404, await Story.DeleteAsync($"/api/schedules/{id}", acme));
            await MakeAsync(id, http: acme, expected: 400);
        }

        await MakeAsync("new", more: """, "tenant": "other" """, http: acme, expected: 403);
        Assert.Equal(403, (await Story.PutAsync("/api/calendars/c", "{}", acme)).Status);
        var (_, run) = await Story.PostAsync("/api/schedules/own/run", "", acme);
        Assert.Equal("acme", (await Story.Ledger.FindAsync(run.GetProperty("jobId").GetGuid(), CancellationToken.None))!.Tenant);
        Assert.Equal(["common", "foreign", "own"], Ids((await Story.GetAsync("/api/schedules")).Body));
    }

    [Fact]
    public async Task Reading_changes_nothing()
    {
        await MakeAsync("s");
        using var reader = Story.Caller(await Story.KeyAsync(ApiScopes.Read));
        Assert.Equal(200, (await Story.GetAsync("/api/schedules/s", reader)).Status);
        Assert.Equal(200, (await Story.PostAsync("/api/schedules/preview", Nightly, reader)).Status);
        Assert.Equal(403, (await Story.PutAsync("/api/schedules/s", Nightly, reader)).Status);
        Assert.Equal(403, (await Story.PostAsync("/api/schedules/s/run", "", reader)).Status);
        Assert.Equal(403, await Story.DeleteAsync("/api/schedules/s", reader));
    }

    private async Task MakeAsync(string id, string rule = "every 1h", string more = "", HttpClient? http = null, int expected = 201) =>
        Assert.Equal(expected, (await Story.PutAsync($"/api/schedules/{id}", $$"""{"kind": "test.job", "rule": "{{rule}}" {{more}}}""", http)).Status);

    private static IEnumerable<string> Ids(JsonElement list) => list.GetProperty("schedules").EnumerateArray().Select(schedule => schedule.GetProperty("id").GetString()!);
}
