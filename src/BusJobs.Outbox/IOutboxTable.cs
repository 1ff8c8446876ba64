namespace BusJobs.Outbox;

/// <summary>
/// The outbox of one database, as a relay works on it. Two implementations, PostgreSQL and SQLite, one contract suite. Any number of relays
/// may share it. <c>now</c> is null in production, where the database's clock decides; tests pass a value.
/// </summary>
internal interface IOutboxTable : IAsyncDisposable
{
    /// <summary>Makes what wakes a sleeping relay, if it is not there and this user may. Without it the relay polls.</summary>
    /// <returns>Whether it is there.</returns>
    Task<bool> PrepareAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes up to <paramref name="limit"/> due rows, by due time and position, and makes them due again after the lease, in case that nothing
    /// more is heard of them. Rows that another relay is taking are passed over.
    /// </summary>
    Task<IReadOnlyList<OutboxEntry>> ClaimAsync(int limit, TimeSpan lease, DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>How long until the next row is due: not above zero when one is, null when there is none.</summary>
    Task<TimeSpan?> NextDueAsync(DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Deletes rows whose jobs are in the ledger. Those that are gone already do not matter.</summary>
    Task DeleteAsync(IReadOnlyCollection<long> positions, CancellationToken cancellationToken);

    /// <summary>Makes rows due after their delays, with the reason shown.</summary>
    Task PutBackAsync(IReadOnlyCollection<PutBack> rows, DateTimeOffset? now, CancellationToken cancellationToken);

    Task<OutboxBacklog> MeasureAsync(DateTimeOffset? now, CancellationToken cancellationToken);

    /// <summary>Returns when new rows may be due or after <paramref name="atMost"/>, whichever is first. A wake-up is a hint: it may be missed or spurious.</summary>
    Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken);
}

/// <param name="Tries">How often it has been taken, this time included.</param>
/// <param name="Age">Since its transaction, by the database's clock.</param>
internal sealed record OutboxEntry(long Position, string Job, int Tries, TimeSpan Age);

internal sealed record PutBack(long Position, TimeSpan Delay, string? Reason);

/// <param name="Rows">Counted up to <see cref="Most"/>: a count of millions would cost more than it tells.</param>
/// <param name="OldestAge">Of the first row; zero when there is none.</param>
internal sealed record OutboxBacklog(int Rows, TimeSpan OldestAge)
{
    public const int Most = 100_000;
}
