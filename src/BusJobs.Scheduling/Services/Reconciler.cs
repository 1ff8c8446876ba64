using BusJobs.Ledger.Upkeep;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.Scheduling.Services;

/// <summary>Compares now and then what the ledger tells of dead jobs with what is there, and mends it: somebody may have deleted rows by hand.</summary>
internal sealed class Reconciler(
    IUpkeepStore store, SchedulerIdentity identity, IOptions<SchedulingOptions> options, TimeProvider clock, ILogger<Reconciler> logger)
    : TimedService(store, identity, options, clock, logger)
{
    private const int MostTold = 5;

    private readonly IUpkeepStore store = store;
    private readonly ILogger<Reconciler> logger = logger;

    public override string Name => "reconcile";

    public override TimeSpan Rest => Options.ReconcileEvery;

    protected override async Task<RunReport> WorkAsync(CancellationToken cancellationToken)
    {
        var drifts = await store.ReconcileAsync(cancellationToken);
        if (drifts.Count == 0)
        {
            return new RunReport(Did: null, Rest);
        }

        SchedulingMetrics.Mended(drifts);
        var told = string.Join(", ", drifts.Take(MostTold).Select(drift => $"{drift.Kind} {drift.Told} in place of {drift.Counted}"));
        var did = $"dead jobs counted wrong, and mended: {told}{(drifts.Count > MostTold ? $", and {drifts.Count - MostTold} kinds more" : "")}";
        logger.TallyMended(did);
        return new RunReport(did, Rest);
    }
}
