namespace BusJobs.Ledger;

/// <summary>How keys of different sorts are written into one table, so that none is taken for another.</summary>
internal static class HeldKeys
{
    /// <summary>A key that is held without a job.</summary>
    /// <exception cref="JobRefusedException">The scope, the key or the time is not allowed.</exception>
    public static string Free(string scope, string key, TimeSpan ttl)
    {
        Names.Check("scope", scope);
        Unique.CheckKey("key", key);
        Unique.CheckTtl("ttl", ttl);
        return "hold:" + key;
    }

    /// <summary>The key that a job holds for a time; null when it holds one only while it is active, or none.</summary>
    public static string? Of(NewJob job) => job.Unique switch
    {
        { Scope: UniqueScope.For } unique => "for:" + unique.Key,
        { Scope: UniqueScope.PerWindow, Window: { } window } unique =>
            $"window:{window.Start.ToUnixTimeMilliseconds()}-{window.End.ToUnixTimeMilliseconds()}:{unique.Key}",
        _ => null,
    };

    /// <summary>The key that a job holds while it is active; null when it holds one for a time, or none.</summary>
    public static string? WhileActive(NewJob job) => job.Unique is { Scope: UniqueScope.WhileActive } unique ? unique.Key : null;
}
