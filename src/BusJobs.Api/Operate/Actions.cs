using System.Security.Claims;
using System.Text.Json;
using BusJobs.Api.Access;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Api.Input;
using BusJobs.Bus;
using BusJobs.Ledger;
using BusJobs.Ledger.Audit;
using BusJobs.Ledger.Letters;
using BusJobs.Wire;

namespace BusJobs.Api.Operate;

/// <summary>
/// Everything that an operator can do, by whichever way: each is done and then recorded with what came of it. A deed that the ledger refused with an
/// exception has changed nothing and is not recorded.
/// </summary>
internal sealed class Actions(ILedger ledger, IDeadLetters letters, IAuditTrail trail, JobBus bus)
{
    public async Task<CancelResult> CancelAsync(ClaimsPrincipal caller, Guid jobId, CancellationToken cancellationToken)
    {
        var result = await ledger.CancelAsync(jobId, now: null, cancellationToken);
        await RecordAsync(caller, "job.cancel", jobId.ToString(), detail: null, result.ToString());
        return result;
    }

    /// <param name="target">Which jobs these are, for people.</param>
    public async Task<RedriveReport> RedriveAsync(ClaimsPrincipal caller, DeadFilter filter, string target, CancellationToken cancellationToken)
    {
        var report = await ledger.RedriveAsync(filter, now: null, cancellationToken);
        await RecordAsync(caller, "job.retry", target, Detail(filter), $"{report.Ready} ready, {report.KeyTaken} with a key that is taken");
        return report;
    }

    /// <param name="target">Which jobs these are, for people.</param>
    /// <returns>How many were dead.</returns>
    public async Task<int> DiscardAsync(ClaimsPrincipal caller, DeadFilter filter, string target, CancellationToken cancellationToken)
    {
        var discarded = await letters.DiscardAsync(filter, caller.KeyName, now: null, cancellationToken);
        await RecordAsync(caller, "job.discard", target, Detail(filter), $"{discarded} discarded");
        return discarded;
    }

    /// <summary>Cancels many jobs.</summary>
    /// <param name="target">Which jobs these are, for people.</param>
    public async Task<CancelReport> CancelManyAsync(ClaimsPrincipal caller, IReadOnlyCollection<Guid> jobs, string target, CancellationToken cancellationToken)
    {
        var report = await ledger.CancelManyAsync(jobs, now: null, cancellationToken);
        await RecordAsync(caller, "jobs.cancel", target, detail: null, $"{Shown.Jobs(report.Cancelled)} cancelled, {report.Requested} asked to stop");
        return report;
    }

    /// <summary>The payloads stay out of the record: they may hold anything.</summary>
    public async Task<bool> AmendAsync(ClaimsPrincipal caller, Guid jobId, string payload, CancellationToken cancellationToken)
    {
        var isAmended = await letters.AmendAsync(jobId, payload, cancellationToken);
        await RecordAsync(caller, "job.amend", jobId.ToString(), $"another payload, {payload.Length:N0} characters", isAmended ? "amended" : "not dead");
        return isAmended;
    }

    public async Task PauseAsync(ClaimsPrincipal caller, PauseScope scope, string name, string? reason, CancellationToken cancellationToken)
    {
        await ledger.PauseAsync(scope, name, caller.KeyName, reason, now: null, cancellationToken);
        await RecordAsync(caller, $"{scope.Word}.pause", name, reason, "paused");
    }

    public async Task<bool> ResumeAsync(ClaimsPrincipal caller, PauseScope scope, string name, CancellationToken cancellationToken)
    {
        var wasPaused = await ledger.ResumeAsync(scope, name, cancellationToken);
        await RecordAsync(caller, $"{scope.Word}.resume", name, detail: null, wasPaused ? "resumed" : "was not paused");
        return wasPaused;
    }

    public async Task BumpAsync(ClaimsPrincipal caller, string kind, CancellationToken cancellationToken)
    {
        await ledger.BumpGenerationAsync(kind, cancellationToken);
        await RecordAsync(caller, "kind.bump", kind, detail: null, "every unique key is free");
    }

    public async Task<DrainResult> DrainAsync(ClaimsPrincipal caller, WorkerBeat worker, CancellationToken cancellationToken)
    {
        if (!worker.CanBeDrained)
        {
            return DrainResult.CannotBeAsked;
        }

        try
        {
            await bus.SendToOneAsync(worker.WorkerId, new DrainWorker { WorkerId = worker.WorkerId, By = caller.KeyName }, cancellationToken);
        }
        catch (SendRefusedException)
        {
            return DrainResult.Gone;
        }

        await RecordAsync(caller, "worker.drain", worker.Name, detail: null, "asked to drain");
        return DrainResult.Asked;
    }

    /// <summary>What was done is recorded even if who asked has gone meanwhile.</summary>
    public Task RecordAsync(ClaimsPrincipal caller, string what, string target, string? detail, string result) => trail.RecordAsync(
        new AuditEntry { Who = caller.KeyName, What = what, Target = target, Detail = detail, Result = result }, now: null, CancellationToken.None);

    private static string? Detail(DeadFilter filter)
    {
        var said = new Dictionary<string, string?> { ["kind"] = filter.Kind, ["queue"] = filter.Queue, ["tenant"] = filter.Tenant }
            .Where(one => one.Value is not null).ToDictionary();
        return said.Count == 0 ? null : JsonSerializer.Serialize(said);
    }
}

/// <summary>What came of asking a worker to drain.</summary>
internal enum DrainResult
{
    Asked = 0,

    /// <summary>Its queue is no more.</summary>
    Gone = 1,

    /// <summary>It is of a version that does not heed the question.</summary>
    CannotBeAsked = 2,
}
