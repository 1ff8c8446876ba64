namespace BusJobs.Coordinator.Tracking;

/// <summary>What became of a dispatch.</summary>
internal enum Verdict
{
    /// <summary>A live worker holds it, or may do so without having said it yet.</summary>
    Keep,

    /// <summary>Nobody has said that it was taken, and no later one was: it waits in its queue, or its queue was emptied. A probe will tell.</summary>
    Untaken,

    /// <summary>Nobody holds it, and it cannot arrive any more. Its jobs run again.</summary>
    Lost,

    /// <summary>Whoever held it died. Its jobs run again, each alone, and with a crash to their name.</summary>
    Crashed,
}
