namespace BusJobs.Ledger;

/// <summary>The pauses and limits of one moment, told from those of another by the stamp. A job without a tenant has the tenant "".</summary>
internal sealed class RuleBook
{
    /// <summary>Matches no ledger's stamp.</summary>
    public static readonly RuleBook Unread = new(Guid.AllBitsSet, [], []);

    private readonly HashSet<(PauseScope Scope, string Name)> paused;
    private readonly Dictionary<(LimitScope Scope, string Name), DispatchLimit> limits;

    public RuleBook(Guid stamp, IReadOnlyList<Pause> pauses, IReadOnlyList<DispatchLimit> limits)
    {
        Stamp = stamp;
        paused = [.. pauses.Select(pause => (pause.Scope, pause.Name))];
        this.limits = limits.ToDictionary(limit => (limit.Scope, limit.Name));
        Counts = limits.Any(limit => limit.Counts);
        IsSilent = !Counts && pauses.All(pause => pause.Scope == PauseScope.Queue);
        AsksForKinds = pauses.Any(pause => pause.Scope == PauseScope.Kind) || limits.Any(limit => limit is { Scope: LimitScope.Kind, Counts: true });
    }

    public Guid Stamp { get; }

    /// <summary>Whether what runs or started lately must be known to tell what may start.</summary>
    public bool Counts { get; }

    /// <summary>Whether nothing is said of kinds and tenants but how they share.</summary>
    public bool IsSilent { get; }

    /// <summary>Whether some kind may start less than the window allows, so that the common line cannot be taken as it comes.</summary>
    public bool AsksForKinds { get; }

    /// <summary>The kinds whose running jobs are counted; null when those of any kind may be.</summary>
    public string[]? CountedKinds =>
        limits.Values.Any(limit => limit.MaxRunning is not null && (limit.Scope == LimitScope.Tenant || limit.Name == DispatchLimit.Each))
            ? null
            : [.. limits.Values.Where(limit => limit.MaxRunning is not null).Select(limit => limit.Name)];

    public bool IsPaused(PauseScope scope, string name) => paused.Contains((scope, name));

    public IEnumerable<string> PausedNames(PauseScope scope) => paused.Where(pause => pause.Scope == scope).Select(pause => pause.Name);

    /// <summary>Its own limit, or that of each; null when neither counts.</summary>
    public DispatchLimit? LimitOf(LimitScope scope, string name) => Find(scope, name) is { Counts: true } limit ? limit : null;

    /// <summary>Whether a running job of this kind and tenant is counted.</summary>
    public bool IsLimited(string kind, string tenant) =>
        Counts && (LimitOf(LimitScope.Kind, kind)?.MaxRunning is not null || (tenant.Length > 0 && LimitOf(LimitScope.Tenant, tenant)?.MaxRunning is not null));

    /// <summary>Whether no limit on what runs at once is reached by so many starts more, whatever their kinds and tenants.</summary>
    /// <param name="running">Jobs of each kind that may be running: the truth or more.</param>
    public bool LeavesRoomFor(int starts, IReadOnlyCollection<Running> running) => limits.Values.All(limit =>
        limit.MaxRunning is not { } most || most - starts >= running.Where(row => MayConcern(limit, row)).Sum(row => row.Count));

    /// <summary>Whether so many starts are allowed where nothing runs and nothing started lately, and no kind is paused.</summary>
    public bool LetsAny(int starts) => !PausedNames(PauseScope.Kind).Any() && limits.Values.All(limit => !(limit.MaxRunning < starts || limit.Rate?.Starts < starts));

    public int WeightOf(string tenant) => limits.GetValueOrDefault((LimitScope.Tenant, tenant))?.Weight
        ?? limits.GetValueOrDefault((LimitScope.Tenant, DispatchLimit.Each))?.Weight ?? 1;

    private static bool MayConcern(DispatchLimit limit, Running row) =>
        limit.Scope == LimitScope.Tenant || limit.Name == DispatchLimit.Each || limit.Name == row.Kind;

    /// <summary>A limit that says no more than a weight leaves the limit of each in force.</summary>
    private DispatchLimit? Find(LimitScope scope, string name) => limits.GetValueOrDefault((scope, name)) is { Counts: true } own
        ? own
        : limits.GetValueOrDefault((scope, DispatchLimit.Each));
}
