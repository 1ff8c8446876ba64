namespace BusJobs;

/// <summary>
/// Keys that are held for a time, whoever asks, on whichever machine: "has anybody done this lately?" without a job. Holds commit
/// at once.
/// </summary>
public interface IJobKeys
{
    /// <summary>Takes hold of a key, unless it is held.</summary>
    /// <param name="scope">A name like that of a kind; a key is held within its scope.</param>
    /// <param name="key">1 to 200 characters, without control characters.</param>
    /// <param name="ttl">How long it is held, from 1 ms to 10 years.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>True for the first caller, until the time is over or the scope's generation is bumped.</returns>
    /// <exception cref="JobRefusedException">The scope, the key or the time is not allowed.</exception>
    Task<bool> HoldAsync(string scope, string key, TimeSpan ttl, CancellationToken cancellationToken);

    /// <summary>Frees every key of the scope, on all instances at once: those held here, and, where the scope is a kind, those of its unique jobs.</summary>
    /// <exception cref="JobRefusedException">The scope is not a name.</exception>
    Task BumpGenerationAsync(string scope, CancellationToken cancellationToken);
}
