using System.Text.Json;
using BusJobs.IntegrationTests.Ledger;

namespace BusJobs.IntegrationTests.Api;

public abstract class ListContract(LedgerFixture fixture) : ApiContract(fixture)
{
    [Theory]
    [InlineData("")]
    [InlineData("state=ready")]
    [InlineData("kind=test.job")]
    [InlineData("tag=a")]
    public async Task Pages_meet_each_job_once_whatever_is_enqueued_meanwhile(string filter)
    {
        var before = new List<Guid>();
        for (var i = 0; i < 25; i++)
        {
            before.Add(await Story.EnqueueAsync($$""", "tags": ["a"], "priority": {{i % 3}}"""));
        }

        var met = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await PageAsync($"{filter}&limit=4{(cursor is null ? "" : $"&cursor={cursor}")}");
            met.AddRange(Ids(page));
            cursor = page.GetProperty("next").GetString();
            await Story.EnqueueAsync(""", "tags": ["a"], "priority": 0""");
        }
        while (cursor is not null);
        Assert.Equal(met.Count, met.Distinct().Count());
        Assert.Empty(before.Except(met));
    }

    [Fact]
    public async Task Every_filter_finds_its_own()
    {
        var red = await Story.EnqueueAsync(""", "queue": "slow", "tenant": "acme", "tags": ["red"]""");
        var later = await Story.EnqueueAsync(""", "delay": "1h", "tags": ["redder"]""");
        var other = (await Story.PostAsync("/api/jobs", """{"kind": "test.other", "payload": 1}""")).Body.GetProperty("id").GetGuid();

        await FindsAsync("", other, later, red);
        await FindsAsync("tag=red", red);
        await FindsAsync("tenant=acme", red);
        await FindsAsync("queue=slow", red);
        await FindsAsync("queue=slow&state=ready", red);
        await FindsAsync("kind=test.other", other);
        await FindsAsync("state=scheduled", later);
        await FindsAsync("state=ready", other, red);
        await FindsAsync("state=dead");
        await FindsAsync("state=dispatched");
        await FindsAsync("state=ready&kind=test.job&queue=slow&tenant=acme&tag=red&from=2020-01-01&to=2200-01-01T00:00:00Z", red);
        await FindsAsync("from=2200-01-01");
        await FindsAsync("to=2020-01-01T00:00:00%2B02:00");
    }

    [Fact]
    public async Task Ready_jobs_are_listed_in_the_order_in_which_they_will_run()
    {
        var last = await Story.EnqueueAsync();
        var second = await Story.EnqueueAsync(""", "priority": 1""");
        var first = await Story.EnqueueAsync(""", "priority": 0""");
        await FindsAsync("state=ready&queue=default", first, second, last);
    }

    [Fact]
    public async Task A_cursor_belongs_to_its_filters()
    {
        await Story.EnqueueAsync();
        await Story.EnqueueAsync();
        var cursor = (await PageAsync("limit=1")).GetProperty("next").GetString();
        Assert.Equal(200, (await Story.GetAsync($"/api/jobs?limit=2&cursor={cursor}")).Status);
        Assert.Equal(400, (await Story.GetAsync($"/api/jobs?limit=1&state=ready&cursor={cursor}")).Status);
    }

    [Fact]
    public async Task A_page_that_looked_at_its_fill_says_where_to_go_on()
    {
        var needle = await Story.EnqueueAsync(""", "tags": ["needle"]""");
        await Story.Ledger.InsertManyAsync([.. Enumerable.Range(0, 10_050).Select(_ => NewJob.From("test.job", "default", "0", options: null, TimeProvider.System))], null, CancellationToken.None);
        var page = await PageAsync("tag=needle");
        Assert.Equal(0, page.GetProperty("jobs").GetArrayLength());
        page = await PageAsync($"tag=needle&cursor={page.GetProperty("next").GetString()}");
        Assert.Equal([needle], Ids(page));
        Assert.Null(page.GetProperty("next").GetString());
    }

    [Fact]
    public async Task Jobs_are_found_by_members_of_their_payloads_page_by_page()
    {
        var mine = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            mine.Insert(0, await PaidAsync("""{"customer": 7, "note": "a=b"}"""));
            await PaidAsync("""{"customer": 70}""");
        }

        await PaidAsync("[7]");
        await FindsAsync("member=customer%3D7", [.. mine]);
        await FindsAsync("state=ready&kind=test.job&member=note%3Da%3Db", [.. Enumerable.Reverse(mine)]);
        await FindsAsync("state=dead&member=customer%3D7");
        var first = await PageAsync("member=customer%3D7&limit=2");
        Assert.Equal(mine[..2], Ids(first));
        Assert.Equal(mine[2..], Ids(await PageAsync($"member=customer%3D7&limit=2&cursor={first.GetProperty("next").GetString()}")));
    }

    [Fact]
    public async Task A_page_reads_so_many_payloads_and_says_where_to_go_on()
    {
        var needle = await PaidAsync("""{"customer": 7}""");
        await Story.Ledger.InsertManyAsync([.. Enumerable.Range(0, 2_010).Select(_ => NewJob.From("test.job", "default", "0", options: null, TimeProvider.System))], null, CancellationToken.None);
        var page = await PageAsync("member=customer%3D7");
        Assert.Equal(0, page.GetProperty("jobs").GetArrayLength());
        Assert.Equal([needle], Ids(await PageAsync($"member=customer%3D7&cursor={page.GetProperty("next").GetString()}")));
    }

    [Theory]
    [InlineData("customer", "member 'customer' is refused")]
    [InlineData("%3D7", "member '=7' is refused")]
    [InlineData("apiKey%3Dhunter2", "member 'apiKey' is refused: expected a member that is not masked")]
    public async Task A_member_that_cannot_be_asked_for_is_refused_and_no_secret_is_guessed(string member, string sentence)
    {
        var (status, body) = await Story.GetAsync($"/api/jobs?member={member}");
        Assert.Equal(400, status);
        Assert.StartsWith(sentence, body.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", body.ToString(), StringComparison.Ordinal);
    }

    private static IEnumerable<Guid> Ids(JsonElement page) => page.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("id").GetGuid());

    private async Task<Guid> PaidAsync(string payload) =>
        (await Story.PostAsync("/api/jobs", $$"""{"kind": "test.job", "payload": {{payload}}}""")).Body.GetProperty("id").GetGuid();

    private async Task<JsonElement> PageAsync(string query)
    {
        var (status, page) = await Story.GetAsync("/api/jobs?" + query.TrimStart('&'));
        Assert.Equal(200, status);
        return page;
    }

    private async Task FindsAsync(string query, params Guid[] expected)
    {
        var page = await PageAsync(query);
        Assert.Equal(expected, Ids(page));
        Assert.Null(page.GetProperty("next").GetString());
    }
}
