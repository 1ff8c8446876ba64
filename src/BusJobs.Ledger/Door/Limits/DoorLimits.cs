using System.Collections.Frozen;

namespace BusJobs.Ledger;

/// <summary>Whose jobs are counted together: those of one kind and tenant. Jobs without a tenant have the empty one.</summary>
internal readonly record struct Partition(string Kind, string Tenant)
{
    public static Partition Of(NewJob job) => new(job.Kind, job.Tenant ?? "");
}

/// <summary>All limits at the door, to be looked up for a job.</summary>
internal sealed class DoorLimits(IEnumerable<DoorLimit> limits)
{
    private readonly FrozenDictionary<(DoorRule, string, string), int?> limits =
        limits.ToFrozenDictionary(limit => (limit.Rule, limit.Name, limit.Tenant ?? ""), limit => limit.Jobs);

    public bool IsEmpty => limits.Count == 0;

    public bool Touch(NewJob job) => PerMinute(Partition.Of(job)) is not null || Depth(job.Queue) is not null;

    /// <summary>A tenant's own limit, even a lifted one, comes before that of all tenants.</summary>
    public int? PerMinute(Partition partition) => limits.TryGetValue((DoorRule.PerMinute, partition.Kind, partition.Tenant), out var own)
        ? own
        : limits.GetValueOrDefault((DoorRule.PerMinute, partition.Kind, ""));

    public int? Depth(string queue) => limits.GetValueOrDefault((DoorRule.Depth, queue, ""));
}

/// <summary>The limits as last read, for a second; whoever comes after that reads them again, while others go by the old ones.</summary>
internal sealed class KnownLimits(TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private DoorLimits? known;
    private long readAt;

    /// <summary>Null when the caller is to read them.</summary>
    public DoorLimits? Current
    {
        get
        {
            var before = Volatile.Read(ref readAt);
            var isDue = clock.GetElapsedTime(before) >= Fresh && Interlocked.CompareExchange(ref readAt, clock.GetTimestamp(), before) == before;
            return isDue ? null : Volatile.Read(ref known);
        }
    }

    public DoorLimits Learn(IEnumerable<DoorLimit> limits)
    {
        var learnt = new DoorLimits(limits);
        Volatile.Write(ref known, learnt);
        Volatile.Write(ref readAt, clock.GetTimestamp());
        return learnt;
    }
}
