namespace BusJobs.Ledger;

/// <summary>What a limit at the door counts. The numbers are stored.</summary>
public enum DoorRule
{
    /// <summary>Jobs of a kind that each tenant may enqueue in any 60 seconds.</summary>
    PerMinute = 1,

    /// <summary>Ready jobs that a queue may hold.</summary>
    Depth = 2,
}

/// <summary>A limit on what comes in. Limits are rows of the ledger: whoever enqueues obeys a change within a second.</summary>
public sealed record DoorLimit
{
    public const int MaxJobs = 100_000_000;

    public required DoorRule Rule { get; init; }

    /// <summary>A kind for <see cref="DoorRule.PerMinute"/>, a queue for <see cref="DoorRule.Depth"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Only with <see cref="DoorRule.PerMinute"/>: the tenant that this is for. Default: each tenant without a limit of its own, and jobs without a tenant together.</summary>
    public string? Tenant { get; init; }

    /// <summary>1 to 100,000,000; null lifts the limit.</summary>
    public required int? Jobs { get; init; }

    /// <summary>Answers <see cref="EnqueueResult.RateLimited"/> beyond so many jobs of a kind in any 60 seconds, for each tenant or for one.</summary>
    public static DoorLimit PerMinute(string kind, int? jobs, string? tenant = null) =>
        new() { Rule = DoorRule.PerMinute, Name = kind, Tenant = tenant, Jobs = jobs };

    /// <summary>Answers <see cref="EnqueueResult.Shed"/> while a queue has so many ready jobs.</summary>
    public static DoorLimit Depth(string queue, int? jobs) => new() { Rule = DoorRule.Depth, Name = queue, Jobs = jobs };

    /// <exception cref="JobRefusedException">A member is not allowed.</exception>
    public DoorLimit Checked()
    {
        Require(Enum.IsDefined(Rule), "limit.rule", Rule.ToString(), "PerMinute or Depth");
        Names.Check("limit.name", Name);
        Require(Tenant is null || (Rule == DoorRule.PerMinute && Names.IsAllowed(Tenant)), "limit.tenant", Tenant, "a name with PerMinute, and none otherwise");
        Require(Jobs is null or (>= 1 and <= MaxJobs), "limit.jobs", Jobs?.ToString(), "1 to 100,000,000");
        return this;
    }

    private static void Require(bool holds, string field, string? value, string allowed)
    {
        if (!holds)
        {
            throw new JobRefusedException(field, value, allowed);
        }
    }
}
