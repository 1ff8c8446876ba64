using System.Reflection;
using BusJobs.Ledger.Upkeep;
using BusJobs.UnitTests.Support;

namespace BusJobs.IntegrationTests.Schedules;

/// <summary>A store that takes a while to remove each batch of jobs, by the clock of a test, as a busy database does.</summary>
internal class SlowRemovals : DispatchProxy
{
    private IUpkeepStore store = null!;
    private ManualClock clock = null!;
    private TimeSpan took;

    public static IUpkeepStore Of(IUpkeepStore store, ManualClock clock, TimeSpan took)
    {
        var slow = Create<IUpkeepStore, SlowRemovals>();
        var self = (SlowRemovals)(object)slow;
        (self.store, self.clock, self.took) = (store, clock, took);
        return slow;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name == nameof(IUpkeepStore.RemoveJobsAsync))
        {
            clock.Advance(took);
        }

        return targetMethod.Invoke(store, args);
    }
}
