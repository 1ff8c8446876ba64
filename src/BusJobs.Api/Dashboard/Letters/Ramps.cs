using System.Collections.Concurrent;
using System.Security.Claims;
using BusJobs.Api.Operate;
using BusJobs.Ledger;
using BusJobs.Ledger.Letters;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BusJobs.Api.Dashboard.Letters;

/// <summary>
/// The ramped redrives of this process. They lie in memory: a restart ends them, which leaves dead what was not redriven yet, and each step is in the audit.
/// </summary>
internal sealed class Ramps(Actions actions, IDeadLetters letters, TimeProvider clock, ILogger<Ramps> logger) : BackgroundService
{
    private const int MostKept = 100;
    private static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(string Fingerprint, string Tenant), (Ramp Ramp, ClaimsPrincipal Caller)> ramps = new();

    /// <summary>The last ramp of a fingerprint, as far as this tenant sees it; null when there is none.</summary>
    public Ramp? Of(string fingerprint, string? tenant) => ramps.TryGetValue((fingerprint, tenant ?? ""), out var found) ? found.Ramp : null;

    /// <summary>Begins a ramp at the next turn of the clock, unless one of the fingerprint goes on.</summary>
    /// <returns>False when one goes on.</returns>
    public bool Begin(Ramp ramp, ClaimsPrincipal caller, string? tenant)
    {
        foreach (var (key, _) in ramps.Where(one => one.Value.Ramp.End is not null).Take(Math.Max(0, ramps.Count - MostKept)).ToList())
        {
            ramps.TryRemove(key, out _);
        }

        return (ramp, caller) is var begun
            && ReferenceEquals(ramps.AddOrUpdate((ramp.Fingerprint.Key, tenant ?? ""), begun, (_, old) => old.Ramp.End is null ? old : begun).Ramp, ramp);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Rhythm, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await RunOnceAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was not redriven stays dead.
        }
    }

    /// <summary>Takes every ramp on by a step, if it may go on.</summary>
    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        foreach (var ((_, tenant), (ramp, caller)) in ramps.Where(one => one.Value.Ramp.End is null))
        {
            try
            {
                await AdvanceAsync(ramp, caller, tenant.Length > 0 ? tenant : null, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The ledger may be away; the next turn is the next try, and a job that was redriven is not dead.
                logger.RampFailed(exception);
            }
        }
    }

    private async Task AdvanceAsync(Ramp ramp, ClaimsPrincipal caller, string? tenant, CancellationToken cancellationToken)
    {
        if (ramp.Step.Count > 0 && !ramp.Look(await letters.StandingsAsync(ramp.Step, cancellationToken)))
        {
            await TellEndAsync(ramp, caller);
            return;
        }

        if (ramp.Next() is { Count: > 0 } step)
        {
            await actions.RedriveAsync(
                caller, new DeadFilter(Tenant: tenant) { JobIds = step }, $"fingerprint {ramp.Fingerprint.Key}, ramp to {ramp.Done} of {ramp.All}", cancellationToken);
        }

        await TellEndAsync(ramp, caller);
    }

    private async Task TellEndAsync(Ramp ramp, ClaimsPrincipal caller)
    {
        if (ramp.End is { } end)
        {
            await actions.RecordAsync(caller, "ramp.end", $"fingerprint {ramp.Fingerprint.Key}", $"{ramp.Done} of {ramp.All} redriven", end);
        }
    }
}
