using BusJobs.Ledger;

namespace BusJobs.Benchmarks.Running;

/// <summary>What happens while jobs drain. Rules let all of them through: what they cost is the looking.</summary>
internal enum Rule
{
    /// <summary>A kind that nobody enqueues is paused.</summary>
    Pause,

    /// <summary>The kind of all jobs may run more at once than there are in flight.</summary>
    Concurrency,

    /// <summary>The kind of all jobs may start faster than it does.</summary>
    Rate,

    /// <summary>Ten jobs to each serial key.</summary>
    Serial,

    /// <summary>All jobs have the same serial key, so that no two may run at once.</summary>
    OneKey,

    /// <summary>The jobs are those of a hundred tenants.</summary>
    Tenants,

    /// <summary>Finished jobs that are past their retention are removed.</summary>
    Cleanup,
}

internal static class Ruled
{
    private const int JobsOfKey = 10;
    private const int Tenants = 100;

    public static Task ApplyAsync(ILedger ledger, Rule? rule, CancellationToken cancellationToken) => rule switch
    {
        Rule.Pause => ledger.PauseAsync(PauseScope.Kind, "bench.paused", "benchmark", reason: null, now: null, cancellationToken),
        Rule.Concurrency => ledger.SetLimitAsync(new DispatchLimit(LimitScope.Kind, Noop.Name) { MaxRunning = 100_000 }, cancellationToken),
        Rule.Rate => ledger.SetLimitAsync(new DispatchLimit(LimitScope.Kind, Noop.Name) { Rate = new Rate(1_000_000, TimeSpan.FromSeconds(1)) }, cancellationToken),
        _ => Task.CompletedTask,
    };

    public static EnqueueOptions? OptionsOf(Rule? rule, int number, int jobs) => rule switch
    {
        Rule.Serial => new EnqueueOptions { SerialKey = $"key-{number % Math.Max(1, jobs / JobsOfKey)}" },
        Rule.OneKey => new EnqueueOptions { SerialKey = "key" },
        Rule.Tenants => new EnqueueOptions { Tenant = $"tenant-{number % Tenants}" },
        _ => null,
    };
}
