namespace BusJobs;

/// <summary>Where a job is in its life. The numbers are stored.</summary>
public enum LedgerState
{
    /// <summary>Waits for a time: its own, a backoff, a snooze, or a parking.</summary>
    Scheduled = 0,

    /// <summary>Due, waits for a dispatch.</summary>
    Ready = 1,

    /// <summary>Under way to a worker, or running there.</summary>
    Dispatched = 2,

    Succeeded = 3,

    /// <summary>A dead letter: kept with its error, waits for an operator's redrive.</summary>
    Dead = 4,

    Cancelled = 5,

    /// <summary>Not started before its deadline.</summary>
    Expired = 6,
}
