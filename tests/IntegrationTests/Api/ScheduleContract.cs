using System.Text.Json;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Api;

/// <summary>Schedules and calendars over HTTP, with the real clock: nothing fires by itself here.</summary>
public abstract class ApiScheduleContract(LedgerFixture fixture) : ApiContract(fixture)
{
    [Fact]
    public async Task A_schedule_is_made_shown_changed_with_what_was_shown_and_removed()
    {
        var (made, body) = await Story.SaveAsync("/api/schedules/nightly", ScheduleCalls.Nightly);
        Assert.Equal(201, made);
        var definition = body.GetProperty("definition");
        Assert.Equal(
            ("90s", "run-all", "12h", "cancel-running", "1500ms", """{"a":[1.50,null]}"""),
            (Text("jitter"), Text("misfire"), Text("catchUp"), Text("overlap"), Text("timeout"), definition.GetProperty("payload").GetRawText()));
        Assert.False(body.GetProperty("paused").GetBoolean());
        Assert.Equal(JsonValueKind.String, body.GetProperty("nextAt").ValueKind);

        var (changed, again) = await Story.SaveAsync("/api/schedules/nightly", definition.GetRawText());
        Assert.Equal((200, body.GetRawText()), (changed, again.GetRawText()));
        Assert.Equal(body.GetRawText(), (await Story.GetAsync("/api/schedules/nightly")).Body.GetRawText());
        Assert.Equal(204, await Story.RemoveAsync("/api/schedules/nightly"));
        Assert.Equal(404, await Story.RemoveAsync("/api/schedules/nightly"));
        Assert.Equal(404, (await Story.GetAsync("/api/schedules/nightly")).Status);

        string Text(string member) => definition.GetProperty(member).GetString()!;
    }

    [Fact]
    public async Task Schedules_are_listed_in_pages_by_id()
    {
        foreach (var id in new[] { "c", "a", "b" })
        {
            await Story.MakeScheduleAsync(id);
        }

        var (_, first) = await Story.GetAsync("/api/schedules?limit=2");
        var (_, second) = await Story.GetAsync("/api/schedules?limit=2&cursor=" + first.GetProperty("next").GetString());
        Assert.Equal(["a", "b", "c"], ScheduleCalls.Ids(first).Concat(ScheduleCalls.Ids(second)));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task A_paused_schedule_stays_paused_when_it_is_changed_until_it_is_resumed()
    {
        await Story.MakeScheduleAsync("s");
        Assert.Equal(204, (await Story.PostAsync("/api/schedules/s/pause", "")).Status);
        await Story.MakeScheduleAsync("s", expected: 200);
        Assert.True((await Story.GetAsync("/api/schedules/s")).Body.GetProperty("paused").GetBoolean());
        Assert.Equal(0, (await Story.GetAsync("/api/schedules/preview")).Body.GetProperty("fires").GetArrayLength());
        Assert.Equal(204, (await Story.PostAsync("/api/schedules/s/resume", "")).Status);
        Assert.False((await Story.GetAsync("/api/schedules/s")).Body.GetProperty("paused").GetBoolean());
        Assert.Equal(404, (await Story.PostAsync("/api/schedules/other/pause", "")).Status);
        Assert.Equal(404, (await Story.PostAsync("/api/schedules/other/resume", "")).Status);
    }

    [Fact]
    public async Task A_calendar_is_made_used_changed_and_removed_when_nothing_goes_by_it()
    {
        Assert.Equal(200, (await Story.SaveAsync("/api/calendars/office", """{"weekdays": ["mon", "tue"], "windows": ["08:00-18:00"], "holidays": ["12-25"]}""")).Status);
        Assert.Equal("office", Assert.Single((await Story.GetAsync("/api/calendars")).Body.EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal("12-25", (await Story.GetAsync("/api/calendars/office")).Body.GetProperty("holidays")[0].GetString());
        await Story.MakeScheduleAsync("s", more: """, "calendars": ["office"] """);
        Assert.Equal(400, await Story.RemoveAsync("/api/calendars/office"));
        await Story.RemoveAsync("/api/schedules/s");
        Assert.Equal(204, await Story.RemoveAsync("/api/calendars/office"));
        Assert.Equal(404, await Story.RemoveAsync("/api/calendars/office"));
        Assert.Equal(404, (await Story.GetAsync("/api/calendars/office")).Status);
    }

    [Fact]
    public async Task A_tenants_key_reaches_the_schedules_of_that_tenant_only()
    {
        using var acme = Story.Caller(await Story.KeyAsync(ApiScopes.Admin, "acme"));
        await Story.MakeScheduleAsync("foreign", more: """, "tenant": "other" """);
        await Story.MakeScheduleAsync("common");
        await Story.MakeScheduleAsync("own", http: acme);
        Assert.Equal("acme", (await Story.GetAsync("/api/schedules/own")).Body.GetProperty("definition").GetProperty("tenant").GetString());
        Assert.Equal(["own"], ScheduleCalls.Ids((await Story.GetAsync("/api/schedules", acme)).Body));
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
            Assert.Equal(404, await Story.RemoveAsync($"/api/schedules/{id}", acme));
            await Story.MakeScheduleAsync(id, http: acme, expected: 400);
        }

        await Story.MakeScheduleAsync("new", more: """, "tenant": "other" """, http: acme, expected: 403);
        Assert.Equal(403, (await Story.SaveAsync("/api/calendars/c", "{}", acme)).Status);
        var (_, run) = await Story.PostAsync("/api/schedules/own/run", "", acme);
        Assert.Equal("acme", (await Story.Ledger.FindAsync(run.GetProperty("jobId").GetGuid(), CancellationToken.None))!.Tenant);
        Assert.Equal(["common", "foreign", "own"], ScheduleCalls.Ids((await Story.GetAsync("/api/schedules")).Body));
    }

    [Fact]
    public async Task Reading_changes_nothing()
    {
        await Story.MakeScheduleAsync("s");
        using var reader = Story.Caller(await Story.KeyAsync(ApiScopes.Read));
        Assert.Equal(200, (await Story.GetAsync("/api/schedules/s", reader)).Status);
        Assert.Equal(200, (await Story.PostAsync("/api/schedules/preview", ScheduleCalls.Nightly, reader)).Status);
        Assert.Equal(403, (await Story.SaveAsync("/api/schedules/s", ScheduleCalls.Nightly, reader)).Status);
        Assert.Equal(403, (await Story.PostAsync("/api/schedules/s/run", "", reader)).Status);
        Assert.Equal(403, await Story.RemoveAsync("/api/schedules/s", reader));
    }
}
