namespace BusJobs.Ledger;

/// <summary>Jobs of a kind and tenant that run and are counted.</summary>
internal readonly record struct Running(string Kind, string Tenant, int Count);

/// <summary>
/// How many jobs more of each kind and tenant may start: what their limits leave of it, taken one by one while a claim is decided.
/// Made of what the ledger's rows say while nobody else can claim by limits.
/// </summary>
internal sealed class Room
{
    private readonly Dictionary<(LimitScope Scope, string Name), int> running = [];
    private readonly Dictionary<(LimitScope Scope, string Name), RecentStarts> recent;
    private readonly Dictionary<(LimitScope Scope, string Name), int> taken = [];
    private long? opensAt;

    public Room(RuleBook book, IEnumerable<Running> rows, Dictionary<(LimitScope Scope, string Name), RecentStarts> recent, long now)
    {
        (Book, this.recent, Now) = (book, recent, now);
        foreach (var row in rows)
        {
            Count(LimitScope.Kind, row.Kind, row.Count);
            Count(LimitScope.Tenant, row.Tenant, row.Count);
        }

        void Count(LimitScope scope, string name, int count) => running[(scope, name)] = running.GetValueOrDefault((scope, name)) + count;
    }

    /// <summary>The rules that it was made by.</summary>
    public RuleBook Book { get; }

    /// <summary>Milliseconds since 1970.</summary>
    public long Now { get; }

    /// <summary>Until a rate that was found used up lets the next job start; null when none was.</summary>
    public TimeSpan? Opens => opensAt is { } at ? TimeSpan.FromMilliseconds(Math.Max(1, at - Now)) : null;

    /// <summary>What is left where no limit counts: everything.</summary>
    public static Room Free(RuleBook book) => new(book, [], [], now: 0);

    /// <summary>Names whose jobs need not be looked at.</summary>
    public string[] Closed(LimitScope scope) =>
    [
        .. Book.PausedNames(scope == LimitScope.Kind ? PauseScope.Kind : PauseScope.Tenant),
        .. running.Keys.Union(recent.Keys).Where(one => one.Scope == scope && one.Name.Length > 0 && Of(scope, one.Name) == 0).Select(one => one.Name),
    ];

    public int Of(string kind, string tenant) =>
        Book.IsPaused(PauseScope.Kind, kind) || Book.IsPaused(PauseScope.Tenant, tenant)
            ? 0
            : Math.Min(Of(LimitScope.Kind, kind), tenant.Length > 0 ? Of(LimitScope.Tenant, tenant) : int.MaxValue);

    /// <summary>Whether so many jobs may start, whatever their kinds and tenants are, but for tenants that are paused.</summary>
    public bool LetsAny(int starts) =>
        Book.LetsAny(starts) && running.Keys.Union(recent.Keys).All(one => one.Name.Length == 0 || Of(one.Scope, one.Name) >= starts);

    /// <summary>Takes a place of the kind and one of the tenant; false when either has none.</summary>
    public bool TryTake(string kind, string tenant)
    {
        if (Book.IsSilent)
        {
            return true;
        }

        if (Of(kind, tenant) == 0)
        {
            return false;
        }

        Take(LimitScope.Kind, kind);
        Take(LimitScope.Tenant, tenant);
        return true;

        void Take(LimitScope scope, string name) => taken[(scope, name)] = taken.GetValueOrDefault((scope, name)) + 1;
    }

    /// <summary>The starts of this claim, added to those before it.</summary>
    public IEnumerable<(LimitScope Scope, string Name, RecentStarts Starts, long ForgetAt)> Started()
    {
        foreach (var ((scope, name), count) in taken)
        {
            if (name.Length == 0 || Book.LimitOf(scope, name)?.Rate is not { } rate)
            {
                continue;
            }

            var starts = recent.GetValueOrDefault((scope, name)) ?? RecentStarts.None;
            starts.Add(rate, Now, count);
            yield return (scope, name, starts, Now + (2 * (long)rate.Per.TotalMilliseconds));
        }
    }

    /// <summary>Which limits let no job of the kind and tenant start.</summary>
    public IEnumerable<Hold> Holds(string kind, string tenant)
    {
        foreach (var (scope, name) in new[] { (LimitScope.Kind, kind), (LimitScope.Tenant, tenant) })
        {
            if (name.Length == 0 || Book.LimitOf(scope, name) is not { } limit)
            {
                continue;
            }

            var count = running.GetValueOrDefault((scope, name));
            if (count >= limit.MaxRunning)
            {
                yield return new Hold.Full(limit, count);
            }

            if (limit.Rate is { } rate && recent.TryGetValue((scope, name), out var starts) && starts.Room(rate, Now) == 0)
            {
                yield return new Hold.TooSoon(limit, DateTimeOffset.FromUnixTimeMilliseconds(starts.OpensAt(rate, Now)));
            }
        }
    }

    private int Of(LimitScope scope, string name)
    {
        if (Book.LimitOf(scope, name) is not { } limit)
        {
            return int.MaxValue;
        }

        var started = taken.GetValueOrDefault((scope, name));
        var places = limit.MaxRunning is { } most ? most - running.GetValueOrDefault((scope, name)) - started : int.MaxValue;
        return Math.Max(0, limit.Rate is { } rate ? Math.Min(places, RateRoom(scope, name, rate) - started) : places);
    }

    private int RateRoom(LimitScope scope, string name, Rate rate)
    {
        var starts = recent.GetValueOrDefault((scope, name)) ?? RecentStarts.None;
        var room = starts.Room(rate, Now);
        if (room == 0)
        {
            opensAt = Math.Min(opensAt ?? long.MaxValue, starts.OpensAt(rate, Now));
        }

        return room;
    }
}
