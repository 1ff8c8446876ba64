using Microsoft.Data.Sqlite;

namespace BusJobs.Ledger.Sqlite;

/// <summary>
/// A statement that is parsed once and run many times. Each run gives the same parameters in the same order, so that only
/// their values are set.
/// </summary>
internal sealed class SqliteStatement(string sql, SqliteConnection connection, SqliteTransaction? transaction) : IDisposable
{
    private readonly SqliteCommand command = new(sql, connection, transaction);

    /// <returns>How many rows it changed.</returns>
    public int Run(params ReadOnlySpan<(string Name, object? Value)> values)
    {
        Bind(values);
        return command.ExecuteNonQuery();
    }

    public SqliteDataReader Query(params ReadOnlySpan<(string Name, object? Value)> values)
    {
        Bind(values);
        return command.ExecuteReader();
    }

    public void Dispose() => command.Dispose();

    private void Bind(ReadOnlySpan<(string Name, object? Value)> values)
    {
        if (command.Parameters.Count == 0)
        {
            foreach (var (name, _) in values)
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = name });
            }
        }

        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i].Value ?? DBNull.Value;
        }
    }
}
