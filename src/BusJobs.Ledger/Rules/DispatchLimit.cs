namespace BusJobs.Ledger;

/// <summary>Whose jobs a limit counts.</summary>
public enum LimitScope
{
    Kind = 1,
    Tenant = 2,
}

/// <summary>In any span of this length, no more than so many starts.</summary>
/// <param name="Starts">1 to 1,000,000.</param>
/// <param name="Per">1 second to 1 day.</param>
public sealed record Rate(int Starts, TimeSpan Per)
{
    public const int MaxStarts = 1_000_000;
}

/// <summary>
/// How many jobs of a kind or a tenant may run at once and may start in a while, over all coordinators, and how much a tenant weighs
/// among others. A limit that says nothing of these is none.
/// </summary>
/// <param name="Name">A name, or <see cref="Each"/> for each kind or tenant that has no limit of its own.</param>
public sealed record DispatchLimit(LimitScope Scope, string Name)
{
    public const string Each = "*";
    public const int MostRunning = 1_000_000;
    public const int MaxWeight = 100;

    /// <summary>1 to 1,000,000. Default: as many as workers have slots for.</summary>
    public int? MaxRunning { get; init; }

    /// <summary>Default: as fast as workers take them.</summary>
    public Rate? Rate { get; init; }

    /// <summary>A tenant's share of a queue where others wait too: twice the weight, twice the jobs. 1 to 100. Default: 1.</summary>
    public int? Weight { get; init; }

    internal bool Counts => MaxRunning is not null || Rate is not null;

    internal bool IsNone => !Counts && Weight is null;

    /// <exception cref="JobRefusedException">A member is outside its bounds.</exception>
    public DispatchLimit Checked()
    {
        Require(Enum.IsDefined(Scope), "scope", Scope.ToString(), "kind or tenant");
        Require(Name == Each || Names.IsAllowed(Name), "name", Name, $"'{Each}', or {Names.Allowed}");
        Require(MaxRunning is null or (>= 1 and <= MostRunning), "maxRunning", MaxRunning?.ToString(), "1 to 1,000,000; to let none start, pause");
        Require(Rate is null || Rate.Starts is >= 1 and <= Rate.MaxStarts, "rate.starts", Rate?.Starts.ToString(), "1 to 1,000,000");
        Require(Rate is null || (Rate.Per >= TimeSpan.FromSeconds(1) && Rate.Per <= TimeSpan.FromDays(1)), "rate.per", Rate?.Per.ToString(), "1 second to 1 day");
        Require(Weight is null or (>= 1 and <= MaxWeight), "weight", Weight?.ToString(), "1 to 100");
        Require(Weight is null || Scope == LimitScope.Tenant, "weight", Weight?.ToString(), "none for a kind: shares are between tenants");
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
