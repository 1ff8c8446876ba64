namespace BusJobs.Api.Why;

/// <summary>Why a job is not running, or what became of it.</summary>
/// <param name="State">scheduled, ready, dispatched, succeeded, dead, cancelled or expired.</param>
/// <param name="Causes">At least one; the first is the one to look at first.</param>
public sealed record WhyView(Guid Id, string State, IReadOnlyList<WhyCause> Causes);

/// <summary>Why a schedule is not firing.</summary>
/// <param name="Causes">At least one.</param>
public sealed record ScheduleWhyView(string Id, IReadOnlyList<WhyCause> Causes);

/// <param name="Code">
/// For programs, of jobs: ended, dead, discarded, running, unheld, time, retry, overdue, key, paused, limit, rate, serial, no-worker, no-handler, draining, broker, coordinator or turn. Of schedules: paused, over, overdue, calendar or time.
/// </param>
/// <param name="Sentence">For people: who, when, and what comes next.</param>
/// <param name="Until">When this cause ends by itself, if that is known.</param>
/// <param name="JobId">The other job that it is about, if it is about one.</param>
public sealed record WhyCause(string Code, string Sentence, DateTimeOffset? Until = null, Guid? JobId = null);
