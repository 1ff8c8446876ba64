using System.Diagnostics;
using BusJobs.Wire;

namespace BusJobs.Worker;

/// <summary>The span of one attempt, a child of whoever enqueued the job: all attempts are in one trace, and the fence tells which is which.</summary>
internal static class JobActivity
{
    public const string SourceName = "BusJobs.Worker";

    private static readonly ActivitySource Source = new(SourceName);

    public static Activity? Start(DispatchedJob job, HeldDispatch pack)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var parent = ActivityContext.TryParse(job.TraceParent, traceState: null, isRemote: true, out var enqueued) ? enqueued : default;
        var activity = Source.StartActivity(pack.Kind, ActivityKind.Consumer, parent);
        activity?.SetTag("messaging.system", "busjobs");
        activity?.SetTag("messaging.destination.name", pack.Queue);
        activity?.SetTag("messaging.message.id", job.Id);
        activity?.SetTag("busjobs.attempt", job.Attempt);
        activity?.SetTag("busjobs.fence", job.Fence);
        return activity;
    }
}
