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

    [Theory]
    [InlineData("/api/schedules/s", """{"kind": "test.job", "rule": "every 1h"}""", """{"kind": "test.job", "rule": "every 2h"}""", """{"kind": "test.job", "rule": "every 3h"}""")]
    [InlineData("/api/calendars/c", """{"weekdays": ["mon"]}""", """{"weekdays": ["tue"]}""", """{"weekdays": ["wed"]}""")]
    public async Task Of_two_who_change_what_they_have_read_the_second_is_told_and_changes_nothing(string path, string made, string first, string second)
    {
        Assert.Equal(412, (await Story.SaveIfAsync(path, made, "*")).Status);
        var (_, read) = await Story.SaveIfAsync(path, made, match: null);
        Assert.Equal(read, (await Story.TagAsync(path)));
        var (done, changed) = await Story.SaveIfAsync(path, first, read);
        var (late, _) = await Story.SaveIfAsync(path, second, read);
        Assert.Equal((200, 412, changed), (done, late, await Story.TagAsync(path)));

        Assert.Equal(412, (await Story.SaveIfAsync(path, second, "W/" + changed)).Status);
        Assert.Equal(400, (await Story.SaveIfAsync(path, second, "no tag")).Status);
        Assert.Equal(200, (await Story.SaveIfAsync(path, second, $"\"other\", {changed}")).Status);
        Assert.Equal(200, (await Story.SaveIfAsync(path, first, "*")).Status);
        Assert.Equal((200, changed), await Story.SaveIfAsync(path, first, match: null));
        await Story.RemoveAsync(path);
        Assert.Equal(412, (await Story.SaveIfAsync(path, first, changed)).Status);
    }

    [Fact]
    public async Task Of_many_who_change_it_at_once_with_one_tag_exactly_one_does()
    {
        foreach (var (path, body) in new[] { ("/api/schedules/s", """{"kind": "test.job", "rule": "every 1#m"}"""), ("/api/calendars/c", """{"holidays": ["2026-01-1#"]}""") })
        {
            await Story.SaveIfAsync(path, body.Replace('#', '9'), match: null);
            var tag = await Story.TagAsync(path);
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Story.SaveIfAsync(path, body.Replace("#", $"{i}", StringComparison.Ordinal), tag)));
            Assert.Equal([200, 412, 412, 412, 412, 412, 412, 412], answers.Select(answer => answer.Status).Order());
        }
    }

    [Fact]
    public async Task A_pause_a_resume_and_a_removal_with_a_tag_are_done_only_to_what_has_it()
    {
        const string Path = "/api/schedules/s";
        Assert.Equal(404, await Story.SendIfAsync(HttpMethod.Delete, Path, "*"));
        await Story.MakeScheduleAsync("s");
        var running = await Story.TagAsync(Path);
        Assert.Equal(412, await Story.SendIfAsync(HttpMethod.Post, Path + "/pause", "\"other\""));
        Assert.Equal(running, await Story.TagAsync(Path));
        Assert.Equal(204, await Story.SendIfAsync(HttpMethod.Post, Path + "/pause", running));
        Assert.Equal(412, await Story.SendIfAsync(HttpMethod.Post, Path + "/resume", running));
        Assert.Equal(412, await Story.SendIfAsync(HttpMethod.Delete, Path, running));
        Assert.Equal(204, await Story.SendIfAsync(HttpMethod.Post, Path + "/resume", "*"));
        Assert.Equal(400, await Story.SendIfAsync(HttpMethod.Delete, Path, "no tag"));
        Assert.Equal(204, await Story.SendIfAsync(HttpMethod.Delete, Path, running));

        const string Calendar = "/api/calendars/c";
        var (_, read) = await Story.SaveIfAsync(Calendar, """{"weekdays": ["mon"]}""", match: null);
        var (_, changed) = await Story.SaveIfAsync(Calendar, """{"weekdays": ["tue"]}""", read);
        Assert.Equal(412, await Story.SendIfAsync(HttpMethod.Delete, Calendar, read));
        Assert.Equal(204, await Story.SendIfAsync(HttpMethod.Delete, Calendar, changed));
        Assert.Equal(404, await Story.SendIfAsync(HttpMethod.Delete, Calendar, changed));
    }

    [Fact]
    public async Task A_pause_is_a_change_of_a_schedule_and_a_fire_is_none()
    {
        await Story.MakeScheduleAsync("s");
        var tag = await Story.TagAsync("/api/schedules/s");
        await Story.PostAsync("/api/schedules/s/run", "");
        Assert.Equal(tag, await Story.TagAsync("/api/schedules/s"));
        await Story.PostAsync("/api/schedules/s/pause", "");
        Assert.NotEqual(tag, await Story.TagAsync("/api/schedules/s"));
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
