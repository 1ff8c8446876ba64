using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Postgres;

/// <summary>
/// Sleeps until somebody commits work. While this process sleeps it has a row in the table of listeners, and the trigger of the table
/// of work notifies only then: NOTIFY serializes commits (measured with 16 producers: 3,900 transactions/s with it, 9,000
/// without), so one that is busy, and polls anyway, spares producers the price. Coordinators sleep over the ledger, relays over an outbox.
/// </summary>
/// <param name="open">Opens a connection.</param>
/// <param name="channel">What the trigger notifies.</param>
/// <param name="listeners">The table that the trigger looks at, as SQL names it.</param>
/// <param name="id">This process among the listeners.</param>
internal sealed class WakeUp(
    Func<CancellationToken, ValueTask<NpgsqlConnection>> open, string channel, string listeners, Guid id, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>Claims in a row without a sleep after which producers are told to stop notifying.</summary>
    private const int BusyAfter = 8;

    /// <summary>Notifications within <see cref="Window"/>, which is commits of producers, after which polling is the cheaper way for both sides.</summary>
    private const int OftenAfter = 25;

    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan PollFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Renewal = TimeSpan.FromMinutes(10);

    private NpgsqlConnection? connection;
    private bool listening;
    private bool asleep;
    private int claims;
    private int notified;
    private long windowStart;
    private long pollUntil;
    private long listenedAt;

    /// <summary>Called before each claim: whoever claims again and again finds new work by itself, and producers need not notify.</summary>
    public async ValueTask NoteClaimAsync(CancellationToken cancellationToken)
    {
        if (++claims < BusyAfter || !listening || asleep)
        {
            return;
        }

        try
        {
            await UnlistenAsync(cancellationToken);
        }
        catch (NpgsqlException)
        {
            await DropAsync();
        }
    }

    public async Task WaitAsync(TimeSpan atMost, Func<CancellationToken, Task<bool>> recheck, CancellationToken cancellationToken)
    {
        asleep = true;
        try
        {
            await SleepAsync(atMost, recheck, cancellationToken);
        }
        catch (NpgsqlException)
        {
            // The listening connection broke: the caller's next statement will meet the same fault and tell of it. Until then, poll.
            await DropAsync();
            await Task.Delay(atMost, clock, cancellationToken);
        }
        finally
        {
            (asleep, claims) = (false, 0);
        }
    }

    private async Task SleepAsync(TimeSpan atMost, Func<CancellationToken, Task<bool>> recheck, CancellationToken cancellationToken)
    {
        if (clock.GetTimestamp() < pollUntil)
        {
            await Task.Delay(PollPause, clock, cancellationToken);
            return;
        }

        if (!listening || clock.GetElapsedTime(listenedAt) > Renewal)
        {
            await ListenAsync(cancellationToken);
            // Whoever inserted before the row was visible did not notify; its job is there to be found, or its commit is: look now,
            // and let the caller's poll find what commits later than that.
            if (await recheck(cancellationToken))
            {
                return;
            }
        }

        if (await connection!.WaitAsync(atMost, cancellationToken))
        {
            await NoteWakeAsync(cancellationToken);
        }
    }

    private async Task NoteWakeAsync(CancellationToken cancellationToken)
    {
        if (clock.GetElapsedTime(windowStart) > Window)
        {
            (windowStart, notified) = (clock.GetTimestamp(), 1);
        }

        if (notified < OftenAfter)
        {
            return;
        }

        await UnlistenAsync(cancellationToken);
        pollUntil = clock.GetTimestamp() + (long)(PollFor.TotalSeconds * clock.TimestampFrequency);
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        if (connection is null)
        {
            connection = await open(cancellationToken);
            connection.Notification += (_, _) => notified++;
            // The listener row is a hint that dies with the server, so its commits need not wait for the disk.
            await ExecuteAsync($"set synchronous_commit = off; listen {channel}", cancellationToken);
        }

        await using var listen = new NpgsqlCommand(
            $"insert into {listeners} (id) values ($1) on conflict (id) do update set since = now()", connection);
        listen.Parameters.Add(new NpgsqlParameter { Value = id, NpgsqlDbType = NpgsqlDbType.Uuid });
        await listen.ExecuteNonQueryAsync(cancellationToken);
        listening = true;
        listenedAt = clock.GetTimestamp();
    }

    private async Task UnlistenAsync(CancellationToken cancellationToken)
    {
        listening = false;
        await using var unlisten = new NpgsqlCommand(
            // Also the rows of processes that were killed in their sleep.
            $"delete from {listeners} where id = $1 or since < now() - interval '1 hour'", connection);
        unlisten.Parameters.Add(new NpgsqlParameter { Value = id, NpgsqlDbType = NpgsqlDbType.Uuid });
        await unlisten.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task DropAsync()
    {
        listening = false;
        if (Interlocked.Exchange(ref connection, null) is not { } dropped)
        {
            return;
        }

        try
        {
            // It goes back to its pool, whose next user must neither hear of work nor commit without the disk.
            await using var forget = new NpgsqlCommand("unlisten *; reset synchronous_commit", dropped);
            await forget.ExecuteNonQueryAsync();
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // It is broken, and a pool takes nothing broken back.
        }

        await dropped.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (connection is { State: System.Data.ConnectionState.Open } && listening)
        {
            try
            {
                await UnlistenAsync(CancellationToken.None);
            }
            catch (NpgsqlException)
            {
                // The server is away; it forgets the row if it crashed, and the next sleeper deletes it if not.
            }
        }

        await DropAsync();
    }
}
