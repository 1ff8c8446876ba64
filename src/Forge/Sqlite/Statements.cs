using Microsoft.Data.Sqlite;

namespace Forge.Sqlite;

/// <summary>What writing a batch runs for every file, prepared once.</summary>
internal sealed class Statements(SqliteConnection connection) : IDisposable
{
    public Statement Wanted { get; } = new(connection, "select id, generation from repository where name = $a", 1);
    public Statement Find { get; } = new(connection, "select id, blob, skipped from file where repository_id = $a and path = $b", 2);
    public Statement Insert { get; } = new(
        connection, "insert into file(repository_id, path, blob, skipped, lines, content) values ($a, $b, $c, $d, $e, $f) returning id", 6);
    public Statement Delete { get; } = new(connection, "delete from file where id = $a", 1);
    public Statement Index { get; } = new(connection, "insert into trigram(rowid, text) values ($a, $b)", 2);
    public Statement Unindex { get; } = new(connection, "delete from trigram where rowid = $a", 1);

    /// <summary>Takes the write lock at once, so that the transaction never has to be given up halfway for another process.</summary>
    public SqliteTransaction Begin()
    {
        var transaction = connection.BeginTransaction();
        foreach (var statement in (Statement[])[Wanted, Find, Insert, Delete, Index, Unindex])
        {
            statement.Join(transaction);
        }

        return transaction;
    }

    public void Dispose()
    {
        foreach (var statement in (Statement[])[Wanted, Find, Insert, Delete, Index, Unindex])
        {
            statement.Dispose();
        }
    }
}

/// <summary>One statement, whose parameters are $a, $b and so on.</summary>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand command;

    public Statement(SqliteConnection connection, string text, int parameters)
    {
        command = connection.CreateCommand();
        command.CommandText = text;
        for (var i = 0; i < parameters; i++)
        {
            command.Parameters.AddWithValue("$" + (char)('a' + i), DBNull.Value);
        }
    }

    public void Join(SqliteTransaction transaction) => command.Transaction = transaction;

    public void Run(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        command.ExecuteNonQuery();
    }

    /// <returns>The first row; null when there is none.</returns>
    public object[]? First(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        using var rows = command.ExecuteReader();
        if (!rows.Read())
        {
            return null;
        }

        var row = new object[rows.FieldCount];
        rows.GetValues(row);
        return row;
    }

    public void Dispose() => command.Dispose();

    private void Bind(ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }
    }
}
