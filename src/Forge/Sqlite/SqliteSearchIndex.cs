using System.Runtime.CompilerServices;
using Forge.Search;
using Microsoft.Data.Sqlite;

namespace Forge.Sqlite;

/// <summary>The index in one file. Readers have connections of their own; writes take turns on one, so none finds the file locked by another.</summary>
internal sealed class SqliteSearchIndex(string file) : ISearchIndex, IAsyncDisposable
{
    private readonly string connectionString = new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 30 }.ToString();
    private readonly SemaphoreSlim turn = new(1, 1);
    private SqliteWriter? writer;

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        await InTurnAsync(writer => writer.Migrate(), cancellationToken);
    }

    public Task<WantedHead> WantAsync(string name, string path, string commit, CancellationToken cancellationToken) =>
        InTurnAsync(writer => writer.Want(name, path, commit), cancellationToken);

    public async Task<bool> WantsAsync(string repository, long generation, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = Command(connection, "select generation from repository where name = $repository", ("$repository", repository));
        return await command.ExecuteScalarAsync(cancellationToken) is long wanted && wanted == generation;
    }

    public async Task<IReadOnlyDictionary<string, KnownFile>> KnownFilesAsync(string repository, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = Command(connection, SqliteSchema.Known, ("$repository", repository));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var known = new Dictionary<string, KnownFile>();
        while (await rows.ReadAsync(cancellationToken))
        {
            known.Add(rows.GetString(0), new KnownFile(rows.GetString(1), SkipNames.Read(rows.GetValue(2))));
        }

        return known;
    }

    public Task<bool> WriteAsync(IndexBatch batch, CancellationToken cancellationToken)
    {
        // Folding the text is half of the work and needs no turn.
        var files = batch.Files.Select(indexed => (indexed, indexed.Text is null ? null : Trigrams.Distinct(indexed.Text))).ToList();
        return InTurnAsync(writer => writer.Write(batch, files, cancellationToken), cancellationToken);
    }

    public async IAsyncEnumerable<FoundFile> FindAsync(SearchQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var transaction = connection.BeginTransaction(deferred: true);
        var candidates = new List<(long Id, string Repository, string Path)>();
        await using (var command = Command(connection, SqliteSchema.Candidates, ("$trigrams", Trigrams.Expression(query.Text)), ("$repository", query.Repository)))
        {
            await using var rows = await command.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                candidates.Add((rows.GetInt64(0), rows.GetString(1), rows.GetString(2)));
            }
        }

        await using var content = Command(connection, "select content from file where id = $id", ("$id", 0L));
        foreach (var (id, repository, path) in candidates)
        {
            cancellationToken.ThrowIfCancellationRequested();
            content.Parameters[0].Value = id;
            yield return new FoundFile(repository, path, (string)(await content.ExecuteScalarAsync(cancellationToken))!);
        }
    }

    public async Task<SearchStats> StatsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = Command(connection, SqliteSchema.Stats);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await SkipNames.StatsAsync(rows, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        writer?.Dispose();
        turn.Dispose();
        await using var connection = new SqliteConnection(connectionString);
        SqliteConnection.ClearPool(connection);
    }

    private async Task<T> InTurnAsync<T>(Func<SqliteWriter, T> write, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            writer ??= new SqliteWriter(connectionString);
            return write(writer);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<SqliteConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    internal static SqliteCommand Command(SqliteConnection connection, string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }
}
