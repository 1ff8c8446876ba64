using BusJobs.Ledger.Audit;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Api;

public abstract partial class ApiOperateContract
{
    [Fact]
    public async Task A_cancel_counts_first_takes_what_waits_asks_what_runs_to_stop_and_leaves_the_rest()
    {
        var dead = await Story.EnqueueAsync(Acme);
        await DieAsync("it broke");
        var running = await Story.EnqueueAsync(Acme);
        await DispatchAsync();
        var (ready, scheduled, foreign) = (await Story.EnqueueAsync(Acme), await Story.EnqueueAsync($"{Acme}, \"delay\": \"1h\""), await Story.EnqueueAsync(""", "tenant": "other" """));

        Assert.Equal((2, 1, null), await CancelAsync("""{"tenant": "acme", "dryRun": true}"""));
        Assert.Equal((1, 1, null), await CancelAsync("""{"tenant": "acme", "states": ["dispatched", "ready"], "dryRun": true}"""));
        Assert.Equal((0, 0, null), await CancelAsync("""{"kind": "test.other"}"""));
        Assert.Equal(LedgerState.Ready, await StateAsync(ready));
        Assert.Equal((2, 1, null), await CancelAsync("""{"tenant": "acme"}"""));
        Assert.Equal((LedgerState.Cancelled, LedgerState.Cancelled, LedgerState.Ready, LedgerState.Dead), (await StateAsync(ready), await StateAsync(scheduled), await StateAsync(foreign), await StateAsync(dead)));
        Assert.True((await Story.Ledger.FindAsync(running, CancellationToken.None))!.CancelRequested);
        Assert.Equal((1, 0, null), await CancelAsync("""{"all": true, "states": ["scheduled", "ready"]}"""));

        var trail = await Story.Services.GetRequiredService<IAuditTrail>().EntriesAsync(before: null, 10, CancellationToken.None);
        Assert.Equal(
            [("scheduled or ready jobs", "1 job cancelled, 0 asked to stop"), ("jobs?tenant=acme", "2 jobs cancelled, 1 asked to stop")], trail.Select(entry => (entry.Target, entry.Result)));
        Assert.All(trail, entry => Assert.Equal(("test", "jobs.cancel"), (entry.Who, entry.What)));
    }

    [Theory]
    [InlineData("\"queue\": \"slow\"")]
    [InlineData("\"tag\": \"night\"")]
    [InlineData("\"member\": \"customer=7\"")]
    [InlineData("\"to\": \"2999-01-01\", \"from\": \"2001-01-01\", \"queue\": \"slow\"")]
    public async Task A_cancel_takes_the_jobs_that_the_list_shows_and_no_others(string filter)
    {
        var (_, meant) = await Story.PostAsync("/api/jobs", """{"kind": "test.job", "payload": {"customer": 7}, "queue": "slow", "tags": ["night"]}""");
        var other = await Story.EnqueueAsync();
        Assert.Equal((0, 0, null), await CancelAsync($$"""{{{filter}}, "kind": "test.other"}"""));
        Assert.Equal((0, 0, null), await CancelAsync("""{"to": "2001-01-01"}"""));
        Assert.Equal((1, 0, null), await CancelAsync($$"""{{{filter}}}"""));
        Assert.Equal((LedgerState.Cancelled, LedgerState.Ready), (await StateAsync(meant.GetProperty("id").GetGuid()), await StateAsync(other)));
    }

    [Fact]
    public async Task What_one_request_leaves_is_taken_by_the_next_ones_whatever_state_it_is_in()
    {
        for (var i = 0; i < 3; i++)
        {
            await Story.EnqueueAsync();
        }

        await DispatchAsync();
        for (var i = 0; i < 6; i++)
        {
            await Story.EnqueueAsync(i < 2 ? """, "delay": "1h" """ : "");
        }

        var (answers, cursor) = (new List<(int, int)>(), "null");
        do
        {
            var (cancelled, requested, next) = await CancelAsync($$"""{"kind": "test.job", "limit": 2, "cursor": {{cursor}}}""");
            answers.Add((cancelled, requested));
            cursor = next is null ? "" : $"\"{next}\"";
        }
        while (cursor.Length > 0);
        // A running job stays where it is, and is not asked again.
        Assert.Equal([(2, 0), (2, 0), (2, 0), (0, 2), (0, 1)], answers);
        var counts = await Story.Ledger.CountsAsync(CancellationToken.None);
        Assert.Equal((0, 0, 3, 6), (counts.Scheduled, counts.Ready, counts.Dispatched, counts.Cancelled));
        Assert.Equal(3, (await Story.Ledger.CancelRequestedAsync(10, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task A_cancel_of_a_rare_tag_among_many_jobs_goes_on_from_request_to_request()
    {
        NewJob Job(EnqueueOptions? options = null) => NewJob.From("test.job", "default", "{}", options, TimeProvider.System);
        await Story.Ledger.InsertManyAsync([.. Enumerable.Range(0, 10_100).Select(_ => Job()), Job(new EnqueueOptions { Tags = ["rare"], Priority = 200 })], transaction: null, CancellationToken.None);
        var first = await CancelAsync("""{"tag": "rare"}""");
        Assert.Equal((0, 0, true), (first.Cancelled, first.Requested, first.Next is not null));
        Assert.Equal((1, 0, null), await CancelAsync($$"""{"tag": "rare", "cursor": "{{first.Next}}"}"""));
        Assert.Equal(400, (await Story.PostAsync("/api/jobs/cancel", $$"""{"tag": "other", "cursor": "{{first.Next}}"}""")).Status);
    }

    private const string Acme = """, "tenant": "acme" """;

    private async Task<(int Cancelled, int Requested, string? Next)> CancelAsync(string body)
    {
        var (status, answer) = await Story.PostAsync("/api/jobs/cancel", body);
        Assert.True(status == 200, answer.GetRawText());
        return (answer.GetProperty("cancelled").GetInt32(), answer.GetProperty("requested").GetInt32(), Text(answer, "next"));
    }

    private async Task<LedgerState> StateAsync(Guid id) => (await Story.Ledger.FindAsync(id, CancellationToken.None))!.State;
}
