using BusJobs.Ledger.Upkeep;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Scheduling.Services;

/// <summary>What one run came to.</summary>
/// <param name="Did">What it did, in a few words; null when there was nothing to do.</param>
/// <param name="Pause">How long until it is to run again.</param>
public sealed record RunReport(string? Did, TimeSpan Pause);

/// <summary>
/// Work that goes by the clock. Each run is led by one process of a cluster, bounded by a timeout, and noted in the ledger; what it
/// does comes in small batches, so that a run that is cancelled has only less done.
/// </summary>
public abstract class TimedService(IUpkeepStore store, SchedulerIdentity identity, IOptions<SchedulingOptions> options, TimeProvider clock, ILogger logger) : IDisposable
{
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

    /// <summary>Does what is due, if this process leads; never at the same time as another run of it.</summary>
    /// <returns>Null when another process leads.</returns>
    public async Task<RunReport?> RunOnceAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            // The lease outlives the longest run, so that two runs never overlap while clocks agree.
            return await store.LeaseAsync(Name, identity.Id, Options.Timeout + Rest + Rest, clock.GetUtcNow(), cancellationToken)
                ? await RunAsync(cancellationToken)
                : null;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Lets another process take the lead at once.</summary>
    public Task ReleaseAsync(CancellationToken cancellationToken) => store.ReleaseAsync(Name, identity.Id, cancellationToken);

    public void Dispose()
    {
        gate.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<RunReport> WorkAsync(CancellationToken cancellationToken);

    private async Task<RunReport> RunAsync(CancellationToken cancellationToken)
    {
        var startedAt = clock.GetUtcNow();
        var start = clock.GetTimestamp();
        using var timeout = new CancellationTokenSource(Options.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        RunReport report;
        try
        {
            report = await WorkAsync(either.Token);
            (LastRunAt, LastError) = (startedAt, null);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            report = new RunReport(Did: null, Rest);
            LastError = timeout.IsCancellationRequested ? $"cancelled after {Options.Timeout}" : exception.Message;
            Tell(exception, timeout.IsCancellationRequested);
        }

        await store.RecordRunAsync(new ServiceRun(Name, startedAt, clock.GetElapsedTime(start), report.Did, LastError), cancellationToken);
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

/// <summary>Who this process is among those that may lead; new for each start.</summary>
public sealed class SchedulerIdentity(TimeProvider clock)
{
    public Guid Id { get; } = Guid.CreateVersion7(clock.GetUtcNow());
}
