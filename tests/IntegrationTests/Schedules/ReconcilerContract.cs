using BusJobs.IntegrationTests.Ledger;
using BusJobs.IntegrationTests.Life;
using BusJobs.Scheduling.Services;
using Microsoft.Extensions.Logging;

namespace BusJobs.IntegrationTests.Schedules;

/// <summary>The service that mends what somebody put wrong by hand.</summary>
public abstract class ReconcilerContract(LedgerFixture fixture) : SchedulesContract(fixture)
{
    [Fact]
    public async Task A_drift_is_mended_told_in_one_line_and_remembered_and_no_drift_is_nothing()
    {
        await InsertAsync();
        await SettleAsync(Assert.Single(await ClaimAsync()), Ending.DeadLettered, reason: "x");
        using var log = new StoryLog();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var reconciler = new Reconciler(
            Upkeep, new SchedulerIdentity(Clock), Microsoft.Extensions.Options.Options.Create(Options), Clock, loggers.CreateLogger<Reconciler>());
        Assert.Equal(new RunReport(Did: null, Options.ReconcileEvery), await reconciler.RunOnceAsync(None));
        Assert.Empty(log.Warnings);

        await Fixture.ExecuteAsync($"delete from {Fixture.Table("job")}");
        const string Did = $"dead jobs counted wrong, and mended: {Kind} 1 in place of 0";
        Assert.Equal(new RunReport(Did, Options.ReconcileEvery), await reconciler.RunOnceAsync(None));
        Assert.Equal($"Somebody has changed rows of jobs past the ledger: {Did}", Assert.Single(log.Warnings).Message);
        Assert.Equal((Did, 0), (Assert.Single(await Upkeep.RunsAsync("reconcile", 10, None)).Did, (await CountsAsync()).DeadNow));
        Assert.Null((await reconciler.RunOnceAsync(None))!.Did);
    }
}

public sealed class SqliteReconciler(SqliteLedgerFixture fixture) : ReconcilerContract(fixture), IClassFixture<SqliteLedgerFixture>;

public sealed class PostgresReconciler(PostgresLedgerFixture fixture) : ReconcilerContract(fixture), IClassFixture<PostgresLedgerFixture>;
