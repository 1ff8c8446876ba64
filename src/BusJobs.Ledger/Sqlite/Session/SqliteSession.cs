using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace BusJobs.Ledger.Sqlite;

/// <summary>How much a commit survives.</summary>
public enum SqliteDurability
{
    /// <summary>A commit survives a power cut: the log is flushed to the disk before the commit returns.</summary>
    Full,

    /// <summary>
    /// A commit survives the death of the process, but a power cut or a crash of the operating system may take back the last
    /// commits, so an enqueue that was confirmed may be gone. The file itself stays sound.
    /// </summary>
    Normal,
}

/// <summary>One connection with its prepared statements, used by one caller at a time.</summary>
internal sealed class SqliteSession : SqliteStatements
{
    private readonly SemaphoreSlim gate = new(1, 1);

    public SqliteSession(string file, SqliteDurability durability)
        : base(Open(file), transaction: null)
    {
        // The timeout comes first: switching the journal needs a lock that another process may hold.
        Execute("pragma busy_timeout = 10000");
        Execute("pragma journal_mode = wal");
        Execute($"pragma synchronous = {(durability == SqliteDurability.Full ? "full" : "normal")}");
        Execute("pragma temp_store = memory");
        Execute("pragma cache_size = -16000");
        Execute("pragma journal_size_limit = 67108864");
    }

    /// <summary>Runs the work in a transaction that has the file's write lock from its start, so it never fails halfway for the want of it.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) =>
        InTransactionAsync("begin immediate", work, cancellationToken);

    /// <summary>Runs the work on one snapshot of the file.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) =>
        InTransactionAsync("begin", work, cancellationToken);

    /// <summary>Runs the work with the connection to itself and no transaction around it.</summary>
    public async Task<T> AloneAsync<T>(Func<SqliteSession, Task<T>> work, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            return await work(this);
        }
        finally
        {
            gate.Release();
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        Connection.Dispose();
        gate.Dispose();
    }

    private static SqliteConnection Open(string file)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, ForeignKeys = true, DefaultTimeout = 10 };
        var connection = new SqliteConnection(settings.ConnectionString);
        connection.Open();
        return connection;
    }

    private Task<T> InTransactionAsync<T>(string begin, Func<SqliteSession, T> work, CancellationToken cancellationToken) =>
        AloneAsync(
            session =>
            {
                Run(begin);
                try
                {
                    var result = work(session);
                    Run("commit");
                    return Task.FromResult(result);
                }
                finally
                {
                    // SQLite ends the transaction itself after some errors, and then there is nothing to roll back.
                    if (raw.sqlite3_get_autocommit(Connection.Handle) == 0)
                    {
                        Run("rollback");
                    }
                }
            },
            cancellationToken);

    /// <summary>One statement: of many in one command, those after the first that gives a row would fail in silence.</summary>
    private void Execute(string sql)
    {
        using var command = new SqliteCommand(sql, Connection);
        command.ExecuteNonQuery();
    }
}
