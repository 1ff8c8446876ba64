using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Ledger;

namespace BusJobs.Api.Why;

/// <summary>Causes in words.</summary>
internal static class Sentences
{
    private const int Short = 160;

    public static WhyCause Of(Hold hold, DateTimeOffset now) => hold switch
    {
        Hold.Paused { Pause: var pause } => new WhyCause("paused", Paused(pause, now)),
        Hold.Full { Limit: var limit, Running: var running } => new WhyCause(
            "limit", $"{Who(limit)} may have {Shown.Jobs(limit.MaxRunning ?? 0)} running at once, and {(running == 1 ? "1 does" : $"{Shown.Number(running)} do")}: it starts when one of them ends."),
        Hold.TooSoon { Limit: var limit, OpensAt: var at } => new WhyCause(
            "rate", $"{Who(limit)} may start {Shown.Jobs(limit.Rate?.Starts ?? 0)} in {Shown.Span(limit.Rate?.Per ?? default)}, and has: the next slot is {When(at, now)}.", at),
        Hold.Behind { SerialKey: var key, JobId: var other, State: var state } => new WhyCause(
            "serial", $"It waits behind job {other} ({Shown.State(state)}), which has the same serial key '{key}' and must end first.", JobId: other),
        Hold.KeyTaken { UniqueKey: var key, JobId: var other, State: var state } => new WhyCause(
            "key", $"Job {other} ({Shown.State(state)}) has the unique key '{key}': this one may not run beside it.", JobId: other),
        _ => throw new NotSupportedException($"No sentence is known for {hold.GetType().Name}."),
    };

    public static string Paused(Pause pause, DateTimeOffset now) =>
        $"The {pause.Scope.Word} {pause.Name} was paused by {pause.By} {Shown.Span(now - pause.At)} ago{(pause.Reason is { Length: > 0 } why ? $": {why}" : "")}.";

    public static WhyCause Waits(JobRecord job, DateTimeOffset now)
    {
        if (job.WaitsForKey)
        {
            return new WhyCause("key", $"It waited for the unique key '{job.UniqueKey}', which is free now: a coordinator lets it go within seconds.");
        }

        if (job.RunAt <= now)
        {
            return new WhyCause("overdue", $"It has been due for {Shown.Span(now - job.RunAt)}. A coordinator makes it ready within seconds: if this lasts, none is running.");
        }

        var why = Shown.Line(job.Reason, Short);
        return why.Length == 0 ? new WhyCause("time", $"It is due {When(job.RunAt, now)}.", job.RunAt)
            : job.Attempts > 0 ? new WhyCause("retry", $"Attempt {job.Attempts} failed ({why}). The next is due {When(job.RunAt, now)}.", job.RunAt)
            : new WhyCause("time", $"It waits: {Ended(why)} It is due again {When(job.RunAt, now)}.", job.RunAt);
    }

    public static WhyCause Turn(JobRecord job, ReadyDepth depth, int counted, int slots, DateTimeOffset now)
    {
        var waiting = depth.Ready == 1 ? "1 job waits" : $"{(depth.Ready > counted ? $"more than {Shown.Number(counted)}" : Shown.Number(depth.Ready))} jobs wait";
        var oldest = depth.OldestDue is { } due && due < now ? $", the oldest for {Shown.Span(now - due)}" : "";
        return new WhyCause("turn", $"Nothing but its turn: {waiting} in the queue {job.Queue}{oldest}, and workers run {Shown.Number(slots)} of them at once.");
    }

    public static WhyCause NoCoordinator(TimeSpan? silence) => new(
        "coordinator",
        $"{(silence is { } time ? $"No coordinator has given a sign of life for {Shown.Span(time)}" : "No coordinator has ever run on this ledger")}: nothing is dispatched or settled until one runs.");

    public static WhyCause Running(JobRecord job, string? worker, TimeSpan lease)
    {
        var stopping = job.CancelRequested ? " Its cancellation was asked for; its handler's token fires within a beat." : "";
        return worker is not null
            ? new WhyCause("running", $"The worker {worker} has it: it runs there, or is next when a slot is free.{stopping}")
            : new WhyCause("unheld", $"It was sent to the queue {job.Queue}, and no live worker says that it has it: it waits at the broker, has just ended, or its worker was lost. "
                + $"A lost one is taken back after {lease.TotalSeconds:0} s.{stopping}");
    }

    public static WhyCause Dead(JobRecord job, DateTimeOffset now) => new(
        "dead", $"It died {Ago(job.FinishedAt, now)} after {Attempts(job.Attempts)}: {Ended(Shown.Line(job.Reason, Short))} It runs again only when somebody retries it.");

    public static WhyCause Discarded(JobRecord job, string by, DateTimeOffset now) => new(
        "discarded", $"It was dead, and {by} discarded it {Ago(job.FinishedAt, now)}. It had died after {Attempts(job.Attempts)}: {Ended(Shown.Line(job.Reason, Short))} A retry brings it back, until the cleanup removes it.");

    public static WhyCause Ended(JobRecord job, DateTimeOffset now) => new(
        "ended", $"It {job.State switch { LedgerState.Succeeded => "succeeded", LedgerState.Cancelled => "was cancelled", _ => "expired" }} {Ago(job.FinishedAt, now)}"
            + $"{(job.State == LedgerState.Succeeded || job.Reason is null ? "." : $": {Ended(Shown.Line(job.Reason, Short))}")}");

    /// <summary>With a full stop, if it does not end in a mark of its own.</summary>
    private static string Ended(string text) => text is [.., '.' or '!' or '?' or '…'] ? text : text + ".";

    private static string Attempts(int count) => count == 1 ? "1 attempt" : $"{count} attempts";

    private static string Ago(DateTimeOffset? at, DateTimeOffset now) => at is { } time ? $"{Shown.Span(now - time)} ago" : "at an unknown time";

    public static string When(DateTimeOffset at, DateTimeOffset now) => at > now ? $"in {Shown.Span(at - now)}, at {Shown.Time(at)}" : "now";

    private static string Who(DispatchLimit limit) => limit.Name == DispatchLimit.Each
        ? $"Each {limit.Scope.Word}"
        : $"The {limit.Scope.Word} {limit.Name}";
}
