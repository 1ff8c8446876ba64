using System.Text.Json;
using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Api;

/// <summary>Bad calendars, questions and backfills: each is refused in one sentence, with its place.</summary>
public sealed class BadCalendarTests(SqliteLedgerFixture fixture) : ApiContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    [Theory]
    [InlineData("{\"holidays\": [\"02-30\"]}", "/holidays")]
    [InlineData("{\"holidays\": \"12-25\"}", "/holidays")]
    [InlineData("{\"weekdays\": [\"freitag\"]}", "/weekdays")]
    [InlineData("{\"windows\": [\"8-18\"]}", "/windows")]
    [InlineData("{\"windows\": [\"08:00-24:00\"]}", "/windows")]
    [InlineData("{\"except\": [\"* *\"]}", "/except")]
    [InlineData("{\"except\": [\"99 * * * *\"]}", "/except")]
    [InlineData("{\"included\": [\"0000-00-00\"]}", "/included")]
    [InlineData("{\"name\": \"c\"}", "/name")]
    [InlineData("[]", "")]
    public async Task A_bad_calendar_is_refused_at_its_place(string body, string pointer)
    {
        AssertRefused(await Story.SaveAsync("/api/calendars/c", body), pointer);
        Assert.Equal(0, (await Story.GetAsync("/api/calendars")).Body.GetArrayLength());
    }

    [Fact]
    public async Task A_calendar_has_a_size()
    {
        var crons = string.Join(',', Enumerable.Repeat("\"* * * * *\"", 101));
        AssertRefused(await Story.SaveAsync("/api/calendars/c", $$"""{"except": [{{crons}}]}"""), "/except");
        var days = string.Join(',', Enumerable.Repeat("\"12-25\"", 2_001));
        AssertRefused(await Story.SaveAsync("/api/calendars/c", $$"""{"holidays": [{{days}}]}"""), "/holidays");
        Assert.Equal(413, (await Story.SaveAsync("/api/calendars/c", $$"""{"holidays": ["{{new string('x', 300_000)}}"]}""")).Status);
    }

    [Theory]
    [InlineData("GET", "/api/schedules?limit=0", "limit")]
    [InlineData("GET", "/api/schedules?cursor=%27", "cursor")]
    [InlineData("GET", "/api/schedules?tenant=acme", "tenant")]
    [InlineData("GET", "/api/schedules/preview?hours=745", "hours")]
    [InlineData("GET", "/api/schedules/preview?hours=-1", "hours")]
    [InlineData("GET", "/api/schedules/s/preview?count=1000000000", "count")]
    [InlineData("GET", "/api/schedules/s/fires?cursor=x", "cursor")]
    [InlineData("GET", "/api/schedules/S", "id")]
    [InlineData("DELETE", "/api/schedules/S", "id")]
    [InlineData("POST", "/api/schedules/S/pause", "id")]
    [InlineData("POST", "/api/schedules/S/run", "id")]
    [InlineData("GET", "/api/calendars/C", "name")]
    [InlineData("DELETE", "/api/calendars/C", "name")]
    public async Task A_bad_question_is_refused_by_its_parameter(string method, string path, string parameter)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await Story.Http.SendAsync(request);
        var (status, problem) = await ApiStory.ReadAsync(response);
        Assert.Equal((400, parameter), (status, problem.GetProperty("errors")[0].GetProperty("parameter").GetString()));
    }

    [Theory]
    [InlineData("{}", "/from")]
    [InlineData("{\"from\": \"2026-01-01T00:00:00Z\"}", "/to")]
    [InlineData("{\"from\": \"2026-01-01\", \"to\": \"2026-01-02T00:00:00Z\"}", "/from")]
    [InlineData("{\"from\": \"2026-01-02T00:00:00Z\", \"to\": \"2026-01-01T00:00:00Z\"}", "/to")]
    [InlineData("{\"from\": \"2026-01-02T00:00:00Z\", \"to\": \"2199-01-01T00:00:00Z\"}", "/to")]
    [InlineData("{\"from\": \"2026-01-01T00:00:00Z\", \"to\": \"2026-01-02T00:00:00Z\", \"dryrun\": true}", "/dryrun")]
    [InlineData("{\"from\": \"2026-01-01T00:00:00Z\", \"to\": \"2026-01-02T00:00:00Z\", \"dryRun\": \"yes\"}", "/dryRun")]
    public async Task A_bad_backfill_is_refused_at_its_place(string body, string pointer)
    {
        Assert.Equal(201, (await Story.SaveAsync("/api/schedules/s", "{\"kind\": \"test.job\", \"rule\": \"@daily\"}")).Status);
        var (status, problem) = await Story.PostAsync("/api/schedules/s/backfill", body);
        Assert.Equal((400, pointer), (status, problem.GetProperty("errors")[0].GetProperty("pointer").GetString()));
        Assert.Equal(0, (await Story.Ledger.CountsAsync(CancellationToken.None)).Live);
    }

    private static void AssertRefused((int Status, JsonElement Problem) answer, string pointer)
    {
        Assert.Equal((400, pointer), (answer.Status, answer.Problem.GetProperty("errors")[0].GetProperty("pointer").GetString()));
        Assert.EndsWith(".", answer.Problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
