namespace BusJobs.Worker;

/// <summary>Why a running job's token fired. The first cause stays.</summary>
internal enum StopCause
{
    None,
    TimedOut,

    /// <summary>By an operator.</summary>
    Cancelled,

    /// <summary>The worker shuts down, or gives back what has waited too long.</summary>
    GivenBack,

    /// <summary>The coordinator may have presumed the worker dead, so the job may run elsewhere already.</summary>
    LeaseLost,
}
