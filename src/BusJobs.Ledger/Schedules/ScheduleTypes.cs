namespace BusJobs.Ledger.Schedules;

/// <summary>A schedule as the ledger has it. What it enqueues, and when, is written in <see cref="Definition"/>, which the ledger does not read.</summary>
public sealed record ScheduleRow
{
    public required string Id { get; init; }

    /// <summary>What its rule goes by; each is looked after by a service of its own.</summary>
    public required short RuleKind { get; init; }

    /// <summary>JSON.</summary>
    public required string Definition { get; init; }

    /// <summary>Who declared it in code or settings; null when it was made at runtime.</summary>
    public string? Source { get; init; }

    /// <summary>The declaration as it was when it was last taken over, so that a change at runtime outlives restarts.</summary>
    public string? Declared { get; init; }

    public bool Paused { get; init; }

    /// <summary>The next nominal fire time; null when it is over.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>The last nominal fire time that was dealt with.</summary>
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>Fire times that were let go by the misfire policy.</summary>
    public long Missed { get; init; }

    /// <summary>Raised by every change, and not by fires; 0 for one that is not in the ledger yet.</summary>
    public int Version { get; init; }
}

/// <summary>A calendar as the ledger has it: JSON under a name.</summary>
/// <param name="Source">Who declared it; null when it was made at runtime.</param>
public sealed record CalendarRow(string Name, string Definition, string? Source);

/// <summary>One run of a schedule.</summary>
/// <param name="NominalAt">The time that the rule gave. With the schedule's id it is unique.</param>
/// <param name="Job">Its id follows from the schedule and the nominal time.</param>
public sealed record Fire(DateTimeOffset NominalAt, NewJob Job);

/// <summary>What becomes of a schedule at once: the fires, and where it stands after them.</summary>
public sealed record Firing(string ScheduleId, IReadOnlyList<Fire> Fires)
{
    /// <summary>Null for fires out of turn (run now, backfill), which leave the schedule where it is.</summary>
    public Advance? Advance { get; init; }
}

/// <summary>Moves a schedule on, if nobody else has moved or changed it.</summary>
/// <param name="Version">As it was read.</param>
/// <param name="From">The next fire time as it was read.</param>
/// <param name="To">The next fire time from now on; null when the schedule is over.</param>
/// <param name="LastAt">The last nominal fire time that was dealt with.</param>
/// <param name="Missed">Fire times that were let go.</param>
public sealed record Advance(int Version, DateTimeOffset From, DateTimeOffset? To, DateTimeOffset LastAt, long Missed);

/// <summary>What became of a fire.</summary>
public enum FireOutcome
{
    /// <summary>Its job is in the ledger.</summary>
    Enqueued = 0,

    /// <summary>The overlap policy let it go: an earlier job of the schedule had not ended.</summary>
    Skipped = 1,

    /// <summary>The door turned it away: rate limit or full queue.</summary>
    Refused = 2,
}

/// <summary>A fire as the ledger remembers it.</summary>
public sealed record FireRecord(string ScheduleId, DateTimeOffset NominalAt, DateTimeOffset FiredAt, Guid JobId, FireOutcome Outcome);

/// <param name="Advanced">Schedules that were moved on; the others had been moved or changed by somebody else, and nothing of theirs was enqueued.</param>
/// <param name="Fires">What became of each fire that was new; a fire that the ledger knew already is not among them.</param>
public sealed record FireReport(int Advanced, IReadOnlyList<FireRecord> Fires)
{
    public int Enqueued => Fires.Count(fire => fire.Outcome == FireOutcome.Enqueued);
}
