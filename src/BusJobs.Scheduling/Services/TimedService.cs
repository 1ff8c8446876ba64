using System.Data.Common;
using BusJobs.Ledger.Upkeep;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Scheduling.Services;

/// <summary>What one run came to.</summary>
/// <param name="Did">What it did, in a few words; null when there was nothing to do.</param>
/// <param name="Pause">How long until it is to run again.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
public sealed record RunReport(string? Did, TimeSpan Pause, string? Error = null);

/// <summary>
/// Work that goes by the clock. Each run is led by one process of a cluster, bounded by a timeout, and noted in the ledger; what it
/// does comes in small batches, so that a run that is cancelled has only less done. The lead lasts as long as the run: it is renewed
/// meanwhile and given back after, so that nobody waits for a process that was killed between two runs, and not for long otherwise.
/// </summary>
public abstract class TimedService(IUpkeepStore store, SchedulerIdentity identity, IOptions<SchedulingOptions> options, TimeProvider clock, ILogger logger) : IDisposable
{
    /// <summary>How long others wait for a process that was killed, or was frozen, while it led a run.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(9);

    private readonly SemaphoreSlim gate = new(1, 1);

    /// <summary>Its name in the ledger, in logs and metrics.</summary>
    public abstract string Name { get; }

    /// <summary>When this process last led a run that did not fail; null when it has led none.</summary>
    public DateTimeOffset? LastRunAt { get; private set; }

    /// <summary>Why the last run that this process led failed; null when it did not.</summary>
    public string? LastError { get; private set; }

    /// <summary>How long it rests at most.</summary>
    public abstract TimeSpan Rest { get; }

    protected SchedulingOptions Options => options.Value;

    protected TimeProvider Clock => clock;

    /// <summary>Does what is due, if no other process does so; never at the same time as another run of it.</summary>
    /// <returns>Null when another process leads.</returns>
    public async Task<RunReport?> RunOnceAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            return await LeaseAsync(cancellationToken) ? await LeadAsync(cancellationToken) : null;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Gives up the lead of a run that was not let finish.</summary>
    public Task ReleaseAsync(CancellationToken cancellationToken) => store.ReleaseAsync(Name, identity.Id, cancellationToken);

    public void Dispose()
    {
        gate.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<RunReport> WorkAsync(CancellationToken cancellationToken);

    private Task<bool> LeaseAsync(CancellationToken cancellationToken) => store.LeaseAsync(Name, identity.Id, Lease, clock.GetUtcNow(), cancellationToken);

    private async Task<RunReport> LeadAsync(CancellationToken cancellationToken)
    {
        using var leading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var renewing = RenewAsync(leading);
        RunReport report;
        try
        {
            report = await RunAsync(leading, cancellationToken);
        }
        finally
        {
            await leading.CancelAsync();
            await renewing;
        }

        await ReleaseAsync(cancellationToken);
        return report;
    }

    /// <summary>Keeps the lead while the run lasts. One that cannot be kept ends the run: another process may have begun.</summary>
    private async Task RenewAsync(CancellationTokenSource leading)
    {
        for (var renewedAt = clock.GetTimestamp(); clock.GetElapsedTime(renewedAt) < Lease;)
        {
            await Task.Delay(Lease / 3, clock, leading.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (leading.IsCancellationRequested)
            {
                return;
            }

            try
            {
                if (!await LeaseAsync(leading.Token))
                {
                    break;
                }

                renewedAt = clock.GetTimestamp();
            }
            catch (Exception exception) when (exception is DbException or OperationCanceledException)
            {
                // The next turn is the next try, while the lease lasts.
            }
        }

        await leading.CancelAsync();
    }

    private async Task<RunReport> RunAsync(CancellationTokenSource leading, CancellationToken cancellationToken)
    {
        var (startedAt, start) = (clock.GetUtcNow(), clock.GetTimestamp());
        using var timeout = new CancellationTokenSource(Options.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, leading.Token);
        RunReport report;
        try
        {
            report = await WorkAsync(either.Token);
            (LastRunAt, LastError) = (startedAt, null);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LastError = timeout.IsCancellationRequested ? $"cancelled after {Options.Timeout}" : leading.IsCancellationRequested ? "the lead was lost" : exception.Message;
            report = new RunReport(Did: null, Rest, LastError);
            Tell(exception, timeout.IsCancellationRequested);
        }

        var took = clock.GetElapsedTime(start);
        SchedulingMetrics.Ran(Name, startedAt, took, failed: report.Error is not null);
        await store.RecordRunAsync(new ServiceRun(Name, startedAt, took, report.Did, report.Error), cancellationToken);
        return report;
    }

    private void Tell(Exception exception, bool timedOut)
    {
        if (timedOut)
        {
            logger.ServiceTimedOut(Name, Options.Timeout, Rest);
        }
        else
        {
            logger.ServiceFailed(exception, Name, Rest);
        }
    }
}
