using System.Collections.Concurrent;
using System.Diagnostics;

namespace BusJobs.UnitTests.Worker;

public sealed class TraceTests
{
    [Fact]
    public async Task Each_attempt_is_a_span_in_the_trace_that_the_job_was_enqueued_in_and_told_by_its_dispatch()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "BusJobs.Worker", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using var story = new WorkerStory((_, _, _) => Task.CompletedTask);
        var job = WorkerStory.Job() with { TraceParent = $"00-{Trace}-00f067aa0ba902b7-01", Fence = 3, Attempt = 2 };
        await story.RunOneAsync(job);

        var span = Assert.Single(spans, span => Equals(span.GetTagItem("messaging.message.id"), job.Id));
        Assert.Equal((Trace, "00f067aa0ba902b7"), (span.TraceId.ToString(), span.ParentSpanId.ToString()));
        Assert.Equal((2, 3), (span.GetTagItem("busjobs.attempt"), span.GetTagItem("busjobs.fence")));
    }
}
