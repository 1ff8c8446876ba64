namespace BusJobs.Ledger.Schedules;

/// <summary>What is read off a batch of firings, and how the door's answers become outcomes: the same on both databases.</summary>
internal static class FireBatch
{
    /// <summary>The firings that move their schedule on, in the order in which every scheduler locks them.</summary>
    public static List<(string Id, Advance Advance)> Advances(IEnumerable<Firing> firings) =>
    [
        .. firings.Where(firing => firing.Advance is not null).Select(firing => (firing.ScheduleId, firing.Advance!))
            .OrderBy(firing => firing.ScheduleId, StringComparer.Ordinal),
    ];

    /// <summary>The fires of schedules that were moved on, and those out of turn.</summary>
    public static List<(string Id, Fire Fire)> Fires(IEnumerable<Firing> firings, IReadOnlySet<string> advanced) =>
    [
        .. firings.Where(firing => firing.Advance is null || advanced.Contains(firing.ScheduleId))
            .SelectMany(firing => firing.Fires.Select(fire => (firing.ScheduleId, fire))),
    ];

    public static FireRecord Record(string scheduleId, Fire fire, DateTimeOffset now, EnqueueResult answer) =>
        new(scheduleId, fire.NominalAt, now, fire.Job.Id, answer switch
        {
            EnqueueResult.Enqueued => FireOutcome.Enqueued,
            EnqueueResult.Duplicate => FireOutcome.Skipped,
            _ => FireOutcome.Refused,
        });
}
