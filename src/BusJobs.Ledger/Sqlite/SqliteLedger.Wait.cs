namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    /// <summary>How soon a commit of another connection is seen. Asking costs some ten microseconds.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    private readonly WorkSignal work = new();

    /// <summary>
    /// This ledger's own commits wake at once. Those of other connections, such as a caller's DbContext on the same file, change
    /// the file's version; asked on the writing connection, it does not change by this ledger's own commits.
    /// </summary>
    public async Task WaitForWorkAsync(TimeSpan atMost, Func<CancellationToken, Task<bool>> recheck, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        var woken = work.Next;
        var version = await FileVersionAsync(cancellationToken);
        if (await recheck(cancellationToken))
        {
            return;
        }

        while (!woken.IsCompleted && clock.GetElapsedTime(start) is var waited && waited < atMost)
        {
            await PauseAsync(woken, atMost - waited < Glance ? atMost - waited : Glance, cancellationToken);
            if (version != await FileVersionAsync(cancellationToken))
            {
                return;
            }
        }
    }

    private async Task PauseAsync(Task woken, TimeSpan pause, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(woken, Task.Delay(pause, clock, over.Token));
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private Task<long> FileVersionAsync(CancellationToken cancellationToken) => writer.AloneAsync(
        session =>
        {
            using var row = session.Query("pragma data_version");
            row.Read();
            return Task.FromResult(row.GetInt64(0));
        },
        cancellationToken);

    /// <summary>Wakes the waiting coordinators when there is something to wake for, and hands the result on.</summary>
    private TResult Woken<TResult>(TResult result, bool moreReady)
    {
        if (moreReady)
        {
            work.Set();
        }

        return result;
    }

    /// <summary>Tells all who wait at that moment.</summary>
    private sealed class WorkSignal
    {
        private TaskCompletionSource next = NewSource();

        public Task Next => Volatile.Read(ref next).Task;

        public void Set() => Interlocked.Exchange(ref next, NewSource()).TrySetResult();

        private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
