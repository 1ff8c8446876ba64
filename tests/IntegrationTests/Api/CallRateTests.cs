using System.Net;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;

namespace BusJobs.IntegrationTests.Api;

public sealed class CallRateTests(SqliteLedgerFixture fixture) : IClassFixture<SqliteLedgerFixture>
{
    [Fact]
    public async Task A_key_that_runs_wild_waits_and_leaves_the_others_alone()
    {
        await using var story = await ApiStory.StartAsync(fixture, configure: api => (api.MaxReads, api.MaxDeeds) = (1, 1));
        using var wild = story.Caller(await story.KeyAsync(ApiScopes.Read | ApiScopes.Enqueue | ApiScopes.Operate));
        var answers = new List<HttpResponseMessage>();
        while (answers.Count < 100 && answers.LastOrDefault()?.StatusCode != HttpStatusCode.TooManyRequests)
        {
            answers.Add(await wild.GetAsync("/api/queues"));
        }

        // Ten at once, and those that the passing seconds gave.
        Assert.InRange(answers.Count, 11, 90);
        Assert.InRange(answers[^1].Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        var (_, problem) = await ApiStory.ReadAsync(answers[^1]);
        Assert.Equal("This key calls faster than it may; nothing was done.", problem.GetProperty("detail").GetString());
        Assert.Equal(202, (await story.PostAsync("/api/jobs", """{"kind": "test.job", "payload": {}}""", wild)).Status);
        Assert.Equal(204, (await story.PostAsync("/api/queues/mail/pause", "{}", wild)).Status);
        Assert.Equal(200, (await story.GetAsync("/api/queues")).Status);
        answers.ForEach(answer => answer.Dispose());
    }
}
