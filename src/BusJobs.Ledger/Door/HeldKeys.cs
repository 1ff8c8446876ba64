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
}
