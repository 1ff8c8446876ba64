using System.Text.Json;
using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Api;

/// <summary>Bad schedules: each is refused at once, in one sentence, with its place, and leaves nothing in the ledger.</summary>
public sealed class BadScheduleTests(SqliteLedgerFixture fixture) : ApiContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    private const string Good = "\"kind\": \"test.job\", \"rule\": \"@daily\"";

    [Theory]
    [InlineData("")]
    [InlineData("* * * *")]
    [InlineData("0 0 0 * * * *")]
    [InlineData("0 0 0 0 1 1 ? 2200")]
    [InlineData("0 0 30 2 *")]
    [InlineData("0 0 31 4 *")]
    [InlineData("0 0 31 2,4,6,9,11 ?")]
    [InlineData("*/0 * * * *")]
    [InlineData("0/0 * * * *")]
    [InlineData("*/-1 * * * *")]
    [InlineData("0 0 1--100000000 * *")]
    [InlineData("0 0 1-100000000 * *")]
    [InlineData("0-99999999999999999999 * * * *")]
    [InlineData("99 * * * *")]
    [InlineData("60 24 32 13 8")]
    [InlineData("0 0 LW-40 * *")]
    [InlineData("0 0 L-99 * *")]
    [InlineData("0 0 ? * 6#6")]
    [InlineData("0 0 ? * 6#0")]
    [InlineData("0 0 99W * *")]
    [InlineData("H * * * *")]
    [InlineData("H(0-5) * * * *")]
    [InlineData("0 0 ? * ?")]
    [InlineData("@reboot")]
    [InlineData("@every 1ns")]
    [InlineData("every 1ms")]
    [InlineData("every 0s")]
    [InlineData("every 9999999999d")]
    [InlineData("on 31 april")]
    [InlineData("on 6th friday of month")]
    [InlineData("at 2020-01-01T00:00Z")]
    [InlineData("at 2200-13-01T00:00")]
    [InlineData("\\u0000")]
    [InlineData("\\u202e* * * * *")]
    [InlineData("٠ ٠ * * *")]
    [InlineData("* * * * *\\n* * * * *")]
    [InlineData("$(reboot) * * * *")]
    [InlineData("' OR 1=1-- * * *")]
    public async Task A_bad_rule_is_refused(string rule)
    {
        var (status, problem) = await Story.SaveAsync("/api/schedules/s", $$"""{"kind": "test.job", "rule": "{{rule}}"}""");
        await RefusedAsync(status, problem, "/rule");
        await RefusedAsync(await Story.PostAsync("/api/schedules/preview", $$"""{"kind": "test.job", "rule": "{{rule}}"}"""), "/rule");
    }

    [Fact]
    public async Task A_list_of_ten_thousand_items_is_refused_for_its_length() => await RefusedAsync(
        await Story.SaveAsync("/api/schedules/s", $$"""{"kind": "test.job", "rule": "{{string.Join(',', Enumerable.Repeat("1", 10_000))}} * * * *"}"""), "/rule");

    [Theory]
    [InlineData("{}", "/kind")]
    [InlineData("{\"kind\": \"test.job\"}", "/rule")]
    [InlineData("{\"kind\": \"test.job\", \"rule\": 5}", "/rule")]
    [InlineData("{\"kind\": \"test.job\", \"rule\": [\"@daily\"]}", "/rule")]
    [InlineData("{\"kind\": \"No\", \"rule\": \"@daily\"}", "/kind")]
    [InlineData("{" + Good + ", \"id\": \"x\"}", "/id")]
    [InlineData("{" + Good + ", \"cron\": \"@daily\"}", "/cron")]
    [InlineData("{" + Good + ", \"Rule\": \"@daily\"}", "/Rule")]
    [InlineData("{" + Good + ", \"rule\": \"@hourly\"}", "/rule")]
    [InlineData("{" + Good + ", \"queue\": \"q.dead\"}", "/queue")]
    [InlineData("{" + Good + ", \"payload\": \"\\u0000\"}", "/payload")]
    [InlineData("{" + Good + ", \"payload\": {\"a\": 1, \"a\": 2}}", "/payload/a")]
    [InlineData("{" + Good + ", \"priority\": 256}", "/priority")]
    [InlineData("{" + Good + ", \"tenant\": \"A\"}", "/tenant")]
    [InlineData("{" + Good + ", \"maxAttempts\": 0}", "/maxAttempts")]
    [InlineData("{" + Good + ", \"timeout\": \"8d\"}", "/timeout")]
    [InlineData("{" + Good + ", \"zone\": \"\"}", "/zone")]
    [InlineData("{" + Good + ", \"zone\": \"EST\"}", "/zone")]
    [InlineData("{" + Good + ", \"zone\": \"Mars/Olympus\"}", "/zone")]
    [InlineData("{" + Good + ", \"zone\": \"../../etc/passwd\"}", "/zone")]
    [InlineData("{" + Good + ", \"startsAt\": \"2026-01-01T00:00:00\"}", "/startsAt")]
    [InlineData("{" + Good + ", \"startsAt\": \"2026-01-01T00:00:00.5Z\"}", "/startsAt")]
    [InlineData("{" + Good + ", \"startsAt\": \"2201-01-01T00:00:00Z\"}", "/startsAt")]
    [InlineData("{" + Good + ", \"startsAt\": \"2030-01-01T00:00:00Z\", \"endsAt\": \"2029-01-01T00:00:00Z\"}", "/endsAt")]
    [InlineData("{" + Good + ", \"endsAt\": \"2020-01-01T00:00:00Z\"}", "/rule")]
    [InlineData("{" + Good + ", \"jitter\": \"2d\"}", "/jitter")]
    [InlineData("{" + Good + ", \"jitter\": \"-1s\"}", "/jitter")]
    [InlineData("{" + Good + ", \"jitter\": 5}", "/jitter")]
    [InlineData("{" + Good + ", \"misfire\": \"Skip\"}", "/misfire")]
    [InlineData("{" + Good + ", \"misfire\": 1}", "/misfire")]
    [InlineData("{" + Good + ", \"misfireLimit\": 10001}", "/misfireLimit")]
    [InlineData("{" + Good + ", \"catchUp\": \"367d\"}", "/catchUp")]
    [InlineData("{" + Good + ", \"overlap\": \"never\"}", "/overlap")]
    [InlineData("{" + Good + ", \"calendars\": [\"missing\"]}", "/calendars")]
    [InlineData("{" + Good + ", \"calendars\": \"office\"}", "/calendars")]
    [InlineData("{" + Good + ", \"calendars\": [1]}", "/calendars")]
    [InlineData("null", "")]
    [InlineData("[]", "")]
    [InlineData("{} x", "")]
    public async Task A_bad_definition_is_refused_at_its_place(string body, string pointer) => await RefusedAsync(await Story.SaveAsync("/api/schedules/s", body), pointer);

    [Theory]
    [InlineData("A")]
    [InlineData("preview")]
    [InlineData("a%20b")]
    [InlineData("%F0%9F%98%80")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task A_bad_id_is_refused(string id)
    {
        var (status, problem) = await Story.SaveAsync("/api/schedules/" + id, "{" + Good + "}");
        Assert.Equal((400, "id"), (status, problem.GetProperty("errors")[0].GetProperty("parameter").GetString()));
        await NothingAsync();
    }

    private Task RefusedAsync((int Status, JsonElement Problem) answer, string pointer) => RefusedAsync(answer.Status, answer.Problem, pointer);

    private async Task RefusedAsync(int status, JsonElement problem, string pointer)
    {
        Assert.Equal((400, pointer), (status, problem.GetProperty("errors")[0].GetProperty("pointer").GetString()));
        var detail = problem.GetProperty("detail").GetString()!;
        Assert.Matches(@"\A[^\n\u0000\u202e]{10,400}\.\z", detail);
        Assert.DoesNotContain("   at ", problem.GetRawText(), StringComparison.Ordinal);
        await NothingAsync();
    }

    private async Task NothingAsync() => Assert.Equal(0, (await Story.GetAsync("/api/schedules")).Body.GetProperty("schedules").GetArrayLength());
}
