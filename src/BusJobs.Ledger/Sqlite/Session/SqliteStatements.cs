using Microsoft.Data.Sqlite;

namespace BusJobs.Ledger.Sqlite;

/// <summary>The prepared statements of a connection: the ledger's own, or that of a caller's transaction.</summary>
internal class SqliteStatements(SqliteConnection connection, SqliteTransaction? transaction) : IDisposable
{
    private readonly Dictionary<string, SqliteStatement> statements = [];

    public SqliteConnection Connection => connection;

    public SqliteStatement Prepare(string sql)
    {
        if (!statements.TryGetValue(sql, out var statement))
        {
            statements[sql] = statement = new SqliteStatement(sql, connection, transaction);
        }

        return statement;
    }

    public int Run(string sql, params ReadOnlySpan<(string Name, object? Value)> values) => Prepare(sql).Run(values);

    public SqliteDataReader Query(string sql, params ReadOnlySpan<(string Name, object? Value)> values) => Prepare(sql).Query(values);

    public virtual void Dispose()
    {
        foreach (var statement in statements.Values)
        {
            statement.Dispose();
        }
    }
}
