using BusJobs.Benchmarks.Servers;
using BusJobs.Ledger;
using BusJobs.Ledger.Clients;

namespace BusJobs.Benchmarks.Running;

/// <summary>What one drain came to.</summary>
/// <param name="EnqueueRate">Jobs per second into the ledger, before the drain.</param>
/// <param name="HandledRate">Jobs per second from the first to the last as the handlers saw them.</param>
/// <param name="SettledRate">Jobs per second from the first handled to the last settled in the ledger.</param>
/// <param name="PeakWorkingSet">Bytes of the whole process while it drained.</param>
internal sealed record Drained(double EnqueueRate, double HandledRate, double SettledRate, TimeSpan StartToFirst, Cost Cost, long PeakWorkingSet)
{
    /// <summary>Finished jobs that were removed meanwhile.</summary>
    public int Removed { get; init; }
}

/// <summary>Fills a ledger with no-op jobs, then starts what runs them, and measures until the last is settled.</summary>
internal static class DrainRun
{
    private const int Chunk = 10_000;
    private const int MaxWarmUps = 6;
    private static readonly TimeProvider Clock = TimeProvider.System;

    /// <param name="start">Starts a coordinator and a worker that tells the probe.</param>
    /// <param name="succeeded">How many of this run's jobs have succeeded; asked once the handlers have seen them all, so that asking costs the drain nothing.</param>
    public static async Task<Drained> RunAsync(
        ILedger ledger, int jobs, Func<Probe, Task<RunningHosts>> start, Func<CancellationToken, Task<long>> succeeded, CancellationToken cancellationToken,
        Rule? rule = null)
    {
        await Ruled.ApplyAsync(ledger, rule, cancellationToken);
        var probe = new Probe(jobs);
        var enqueueRate = await EnqueueAsync(ledger, jobs, rule, cancellationToken);
        // The garbage of enqueueing belongs to the producers.
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var begun = Clock.GetTimestamp();
        await using var hosts = await start(probe);
        await Task.WhenAny(probe.First, probe.AllAsync(cancellationToken));
        var before = Cost.SoFar;
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var peak = PeakWorkingSetAsync(done.Token);
        await probe.AllAsync(cancellationToken);
        var settledAt = await probe.SettledAsync(succeeded, cancellationToken);
        var cost = Cost.SoFar.Since(before);
        await done.CancelAsync();
        return new Drained(
            enqueueRate, probe.Rate, jobs / Clock.GetElapsedTime(probe.FirstAt, settledAt).TotalSeconds, Clock.GetElapsedTime(begun, probe.FirstAt), cost, await peak);
    }

    /// <summary>
    /// Repeats a small run until the compiler has done its work: a service that has been up for a while no longer pays for it, and
    /// MassTransit comes without compiled code.
    /// </summary>
    public static async Task WarmUpAsync(Func<Task<Drained>> run)
    {
        for (var i = 0; i < MaxWarmUps; i++)
        {
            var cost = (await run()).Cost;
            if (cost.Compiling < cost.Cpu / 10)
            {
                return;
            }
        }
    }

    /// <summary>A run in a database and under bus names of its own.</summary>
    public static async Task<(Drained Drained, Batches Batches)> RunAloneAsync(
        ServerAddresses servers, int jobs, CancellationToken cancellationToken, Rule? rule = null, int history = 0)
    {
        await using var database = await OwnDatabase.CreateAsync(servers.Database, cancellationToken);
        await using var names = await OwnNames.CreateAsync(servers.RabbitMq, cancellationToken);
        await using var ledger = database.OpenLedger();
        await using var cleaning = rule == Rule.Cleanup ? await Cleaning.PrepareAsync(database, history, cancellationToken) : null;
        var before = (await ledger.CountsAsync(cancellationToken)).Succeeded;
        var drained = await RunAsync(
            ledger, jobs,
            probe =>
            {
                cleaning?.Begin();
                return StartAsync(servers, database, names, probe, cancellationToken);
            },
            async token => (await ledger.CountsAsync(token)).Succeeded - before, cancellationToken, rule);
        var removed = cleaning is null ? 0 : await cleaning.RemovedAsync(cancellationToken);
        return (drained with { Removed = removed }, await Batches.ReadAsync(database, jobs, cancellationToken));
    }

    public static Task<RunningHosts> StartAsync(
        ServerAddresses servers, OwnDatabase database, OwnNames names, Probe probe, CancellationToken cancellationToken) =>
        RunningHosts.StartAsync(
            new LedgerOptions { Database = database.ConnectionString },
            bus => (bus.RabbitMq, bus.Prefix) = (servers.RabbitMq, names.Prefix),
            probe, cancellationToken);

    private static async Task<double> EnqueueAsync(ILedger ledger, int jobs, Rule? rule, CancellationToken cancellationToken)
    {
        var client = new LedgerJobClient(ledger, Clock);
        var begun = Clock.GetTimestamp();
        foreach (var chunk in Enumerable.Range(0, jobs).Select(number => NewJob.From(new Noop(number), Ruled.OptionsOf(rule, number, jobs), Clock)).Chunk(Chunk))
        {
            await client.EnqueueManyAsync(chunk, cancellationToken);
        }

        return jobs / Clock.GetElapsedTime(begun).TotalSeconds;
    }

    private static async Task<long> PeakWorkingSetAsync(CancellationToken done)
    {
        var peak = Environment.WorkingSet;
        while (!done.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), Clock, done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            peak = Math.Max(peak, Environment.WorkingSet);
        }

        return peak;
    }
}
