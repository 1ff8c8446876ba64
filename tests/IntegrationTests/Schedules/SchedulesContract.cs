using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Ledger.Schedules;
using BusJobs.Ledger.Upkeep;
using BusJobs.Scheduling;
using BusJobs.Scheduling.Definitions;
using BusJobs.Scheduling.Fires;
using BusJobs.UnitTests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace BusJobs.IntegrationTests.Schedules;

/// <summary>Schedules on a real ledger, with a clock that only the test moves.</summary>
public abstract class SchedulesContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    protected static readonly CancellationToken None = CancellationToken.None;

    internal static readonly short[] AllKinds = [0, 1, 2, 3];

    internal ManualClock Clock { get; } = new();

    protected SchedulingOptions Options { get; } = new();

    protected IScheduleStore Store => (IScheduleStore)Fixture.Ledger;

    protected IUpkeepStore Upkeep => (IUpkeepStore)Fixture.Ledger;

    protected DateTimeOffset Now => Clock.GetUtcNow();

    protected BusJobs.Scheduling.Schedules Schedules => new(Store, Microsoft.Extensions.Options.Options.Create(Options), Clock);

    protected static ScheduleDefinition Every(string interval, string id = "s", Misfire misfire = Misfire.RunOnce) => new()
    {
        Id = id, Kind = Kind, Queue = Queue, Rule = "every " + interval, Overlap = Overlap.Allow, Misfire = misfire,
    };

    protected Task<ScheduleView> SaveAsync(ScheduleDefinition definition) => Schedules.SaveAsync(definition, None);

    internal DueSchedules Due(IScheduleStore? store = null, ILedger? ledger = null)
    {
        var options = Microsoft.Extensions.Options.Options.Create(Options);
        var target = store ?? Store;
        return new DueSchedules(
            target, ledger ?? Ledger, new BusJobs.Scheduling.Schedules(target, options, Clock), options, Clock, NullLogger<DueSchedules>.Instance);
    }

    /// <summary>Moves the clock and looks once.</summary>
    internal Task<FireCount> FireAfterAsync(TimeSpan passed)
    {
        Clock.Advance(passed);
        return Due().FireAsync(AllKinds, None);
    }

    protected async Task<List<string>> FiredAsync(string id = "s") =>
        [.. (await Store.FiresAsync(id, null, 10_000, None)).Reverse().Select(fire => fire.NominalAt.ToString("HH:mm"))];
}
