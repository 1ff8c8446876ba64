using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Ledger.Audit;
using BusJobs.Wire;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Api;

/// <summary>What keeps a job from running, told in a sentence; and that deeds over HTTP are on record.</summary>
public abstract class WhyContract(LedgerFixture fixture) : ApiContract(fixture)
{
    [Fact]
    public async Task A_ready_job_that_no_worker_would_take_says_so()
    {
        var id = await Story.EnqueueAsync();
        Assert.Equal(["no-worker: No live worker reads the queue default: start one, or see why its beats do not arrive."], await WhyAsync(id));
    }

    [Fact]
    public async Task A_pause_is_told_with_who_and_why()
    {
        var id = await Story.EnqueueAsync(""", "tenant": "acme" """);
        await Story.PostAsync("/api/tenants/acme/pause", """{"reason": "their database is down"}""");
        var why = await WhyAsync(id);
        Assert.StartsWith("paused: The tenant acme was paused by test ", why[0], StringComparison.Ordinal);
        Assert.EndsWith("ago: their database is down.", why[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_and_a_key_are_told_with_what_they_wait_for()
    {
        var first = await Story.EnqueueAsync(""", "serialKey": "k" """);
        var second = await Story.EnqueueAsync(""", "serialKey": "k" """);
        await Story.PutAsync("/api/limits/kinds/test.job", """{"maxRunning": 1}""");
        Assert.Equal(1, await StartedAsync());
        var why = await WhyAsync(second);
        Assert.Contains($"serial: It waits behind job {first} (running), which has the same serial key 'k' and must end first.", why);
        Assert.Contains("limit: The kind test.job may have 1 job running at once, and 1 does: it starts when one of them ends.", why);
    }

    [Fact]
    public async Task What_waits_for_its_time_has_died_or_has_ended_says_since_or_until_when()
    {
        var later = await Story.EnqueueAsync(""", "delay": "2h" """);
        Assert.StartsWith("time: It is due in ", Assert.Single(await WhyAsync(later)), StringComparison.Ordinal);

        var dead = await Story.EnqueueAsync();
        var pack = (await Story.Ledger.ClaimAsync("default", Lane.Normal, 1, LedgerContract.PacksOf(1), now: null, CancellationToken.None)).Dispatches[0];
        await Story.Ledger.SettleAsync(
            [
                new Settled
                {
                    DispatchId = pack.Id, Worker = "w", Kind = pack.Kind, Queue = pack.Queue, Last = true,
                    Jobs = [new Settlement(dead, pack.Jobs[0].Fence, Ending.DeadLettered) { Reason = "it broke" }],
                },
            ],
            now: null, CancellationToken.None);
        Assert.Matches("^dead: It died .* after 1 attempt: it broke. It runs again only when somebody retries it.$", Assert.Single(await WhyAsync(dead)));

        var gone = await Story.EnqueueAsync();
        await Story.PostAsync($"/api/jobs/{gone}/cancel", "");
        Assert.StartsWith("ended: It was cancelled ", Assert.Single(await WhyAsync(gone)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_is_not_there_is_not_found() => Assert.Equal(404, (await Story.GetAsync("/api/jobs/0198a1b2-0000-7000-8000-00000000dead/why")).Status);

    [Fact]
    public async Task What_operators_do_over_HTTP_is_on_record_with_their_name_and_what_was_refused_is_not()
    {
        await Story.PutAsync("/api/limits/kinds/test.job", """{"maxRunning": 1}""");
        await Story.PostAsync("/api/queues/default/pause", "{}");
        await Story.SendAsync(HttpMethod.Put, "/api/limits/kinds/test.job", """{"maxRunning": 0}""");
        await Story.EnqueueAsync();
        var trail = await Story.Services.GetRequiredService<IAuditTrail>().EntriesAsync(before: null, 10, CancellationToken.None);
        Assert.Equal(["queue.pause", "LimitKind"], trail.Select(entry => entry.What));
        Assert.All(trail, entry => Assert.Equal("test", entry.Who));
    }

    private async Task<List<string>> WhyAsync(Guid id)
    {
        var (status, why) = await Story.GetAsync($"/api/jobs/{id}/why");
        Assert.Equal(200, status);
        return [.. why.GetProperty("causes").EnumerateArray().Select(cause => $"{cause.GetProperty("code").GetString()}: {cause.GetProperty("sentence").GetString()}")];
    }
}
