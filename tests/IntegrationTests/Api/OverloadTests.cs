using System.Net;
using BusJobs.Api.Enqueue;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.IntegrationTests.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Api;

/// <summary>Ten times as many callers as there is room for: what is let in is kept, all others are told to come back at once.</summary>
public sealed class OverloadTests(SqliteLedgerFixture fixture) : IClassFixture<SqliteLedgerFixture>
{
    private const int RoomForJobs = 40;
    private const int Callers = 10 * RoomForJobs;

    [Fact]
    public async Task With_a_ledger_that_stands_still_the_room_fills_and_the_rest_is_answered_429()
    {
        var moving = new TaskCompletionSource();
        await using var story = await ApiStory.StartAsync(
            fixture, configure: options => (options.MaxWaitingJobs, options.CommitLoops) = (RoomForJobs, 1), insert: async jobs =>
            {
                await moving.Task;
                return await fixture.Ledger.InsertManyAsync(jobs, transaction: null, CancellationToken.None);
            });
        var room = story.Services.GetRequiredService<Room>();
        var calls = Enumerable.Range(0, Callers).Select(_ => CallAsync(story)).ToList();
        await Eventually.HoldsAsync(() => calls.Count(call => call.IsCompleted) == Callers - RoomForJobs, TimeSpan.FromMinutes(1));
        Assert.Equal(RoomForJobs, room.Jobs);
        Assert.InRange(room.Bytes, 1, RoomForJobs * 100);
        Assert.All(calls.Where(call => call.IsCompleted), call => Assert.Equal(HttpStatusCode.TooManyRequests, call.Result));
        moving.SetResult();
        var answers = await Task.WhenAll(calls);
        Assert.Equal(RoomForJobs, answers.Count(answer => answer == HttpStatusCode.Accepted));
        Assert.Equal(RoomForJobs, (await story.Ledger.CountsAsync(CancellationToken.None)).Ready);
        await Eventually.HoldsAsync(() => (room.Jobs, room.Bytes) == (0, 0));
        Assert.Equal(HttpStatusCode.Accepted, await CallAsync(story));
    }

    [Fact]
    public async Task A_body_that_finds_no_room_is_not_read()
    {
        await using var story = await ApiStory.StartAsync(fixture, configure: options => options.MaxWaitingBytes = 2_000);
        using var large = await story.Http.PostAsync("/api/jobs", ApiStory.Json($$"""{"kind": "test.job", "payload": "{{new string('x', 2_000)}}"}"""));
        Assert.Equal((HttpStatusCode.TooManyRequests, "1"), (large.StatusCode, large.Headers.RetryAfter?.ToString()));
        Assert.Equal(HttpStatusCode.Accepted, await CallAsync(story));
    }

    private static async Task<HttpStatusCode> CallAsync(ApiStory story)
    {
        using var response = await story.Http.PostAsync("/api/jobs", ApiStory.Json("""{"kind": "test.job", "payload": {}}"""));
        Assert.True(response.StatusCode != HttpStatusCode.TooManyRequests || response.Headers.RetryAfter is not null);
        return response.StatusCode;
    }
}
