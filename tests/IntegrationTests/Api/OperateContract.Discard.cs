using System.Text.Json;
using BusJobs.Ledger.Audit;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Api;

public abstract partial class ApiOperateContract
{
    [Fact]
    public async Task A_dead_job_is_discarded_once_tells_so_and_is_brought_back_by_a_retry()
    {
        var id = await Story.EnqueueAsync();
        Assert.Equal(409, (await Story.PostAsync($"/api/jobs/{id}/discard", "")).Status);
        await DieAsync("it broke");
        var (status, answer) = await Story.PostAsync($"/api/jobs/{id}/discard", "");
        Assert.Equal((200, "cancelled"), (status, answer.GetProperty("state").GetString()));
        var (again, problem) = await Story.PostAsync($"/api/jobs/{id}/discard", "");
        Assert.Equal((409, $"Job {id} is discarded by test: only a dead one is discarded."), (again, problem.GetProperty("detail").GetString()));

        var (_, job) = await Story.GetAsync($"/api/jobs/{id}");
        Assert.Equal(("cancelled", "test", "it broke"), (Text(job, "state"), Text(job, "discardedBy"), Text(job, "reason")));
        var (_, why) = await Story.GetAsync($"/api/jobs/{id}/why");
        Assert.Matches("^It was dead, and test discarded it .+ ago. It had died after 1 attempt: it broke. A retry brings it back", Text(why.GetProperty("causes")[0], "sentence"));
        Assert.Equal((200, "ready"), await StateAfterAsync($"/api/jobs/{id}/retry"));
        Assert.Equal(JsonValueKind.Null, (await Story.GetAsync($"/api/jobs/{id}")).Body.GetProperty("discardedBy").ValueKind);
        var trail = await Story.Services.GetRequiredService<IAuditTrail>().EntriesAsync(before: null, 10, CancellationToken.None);
        Assert.Equal(
            [("job.retry", "1 ready, 0 with a key that is taken"), ("job.discard", "0 discarded"), ("job.discard", "1 discarded"), ("job.discard", "0 discarded")],
            trail.Select(entry => (entry.What, entry.Result)));
        Assert.All(trail, entry => Assert.Equal(("test", id.ToString()), (entry.Who, entry.Target)));
    }

    [Fact]
    public async Task A_discard_counts_first_does_what_it_counted_and_is_taken_back_as_a_whole()
    {
        for (var i = 0; i < 5; i++)
        {
            await Story.EnqueueAsync(i < 3 ? """, "tenant": "acme" """ : "");
        }

        await DieAsync("x");
        var (_, groups) = await Story.GetAsync("/api/dead/groups");
        var fingerprint = Text(groups.GetProperty("groups")[0], "fingerprint");
        Assert.Equal((3, false), await DiscardAsync("""{"tenant": "acme", "dryRun": true}"""));
        Assert.Equal((2, true), await DiscardAsync("""{"kind": "test.job", "limit": 2, "dryRun": true}"""));
        Assert.Equal((0, false), await DiscardAsync("""{"kind": "test.other"}"""));
        Assert.Equal((3, false), await DiscardAsync($$"""{"fingerprint": "{{fingerprint}}", "tenant": "acme"}"""));
        Assert.Equal((2, false), await DiscardAsync("""{"all": true}"""));
        Assert.Equal((0, false), await RedriveAsync("""{"all": true}"""));

        var (_, page) = await Story.GetAsync("/api/jobs?discarded=true&tenant=acme&limit=2");
        Assert.All(page.GetProperty("jobs").EnumerateArray(), job => Assert.Equal(("cancelled", "test"), (Text(job, "state"), Text(job, "discardedBy"))));
        var (_, rest) = await Story.GetAsync($"/api/jobs?discarded=true&tenant=acme&limit=2&cursor={Text(page, "next")}");
        Assert.Equal((2, 1), (page.GetProperty("jobs").GetArrayLength(), rest.GetProperty("jobs").GetArrayLength()));
        Assert.Equal((3, false), await RedriveAsync("""{"tenant": "acme", "discarded": true, "dryRun": true}"""));
        Assert.Equal((5, false), await RedriveAsync("""{"all": true, "discarded": true}"""));
        var counts = await Story.Ledger.CountsAsync(CancellationToken.None);
        Assert.Equal((5, 0, 0), (counts.Ready, counts.DeadNow, counts.Cancelled));
    }

    private async Task<(int Jobs, bool More)> DiscardAsync(string body)
    {
        var (status, answer) = await Story.PostAsync("/api/jobs/discard", body);
        Assert.Equal(200, status);
        return (answer.GetProperty("jobs").GetInt32(), answer.GetProperty("more").GetBoolean());
    }

    private async Task<(int Status, string? State)> StateAfterAsync(string path)
    {
        var (status, answer) = await Story.PostAsync(path, "");
        return (status, Text(answer, "state"));
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
