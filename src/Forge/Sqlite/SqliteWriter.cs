using Forge.Indexing;
using Forge.Search;
using Microsoft.Data.Sqlite;

namespace Forge.Sqlite;

/// <summary>The one connection that writes, with its statements prepared. Used by one caller at a time.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteConnection connection;
    private Statements? statements;

    public SqliteWriter(string connectionString)
    {
        connection = new SqliteConnection(connectionString);
        connection.Open();

        // A power cut may cost the last commits, never the file: the next plan sees what is missing.
        Run("pragma journal_mode = wal");
        Run("pragma synchronous = normal");
    }

    public bool Migrate()
    {
        using var transaction = connection.BeginTransaction();
        Run(SqliteSchema.Create);
        transaction.Commit();
        return true;
    }

    public WantedHead Want(string name, string path, string commit)
    {
        using var transaction = connection.BeginTransaction();
        var taken = Scalar("select path from repository where name = $a", name) is string other && other != path;
        Run("insert into repository(name, path, wanted_commit, generation) values ($a, $b, $c, 1) on conflict (path) do nothing",
            taken ? RepositoryNames.Distinct(name, path) : name, path, commit);
        Run("update repository set wanted_commit = $b, generation = generation + 1 where path = $a and wanted_commit <> $b", path, commit);
        var wanted = new WantedHead((string)Scalar("select name from repository where path = $a", path)!, (long)Scalar("select generation from repository where path = $a", path)!);
        transaction.Commit();
        return wanted;
    }

    public bool Write(IndexBatch batch, IReadOnlyList<(IndexedFile File, string? Trigrams)> files, CancellationToken cancellationToken)
    {
        var run = statements ??= new Statements(connection);
        using var transaction = run.Begin();
        if (run.Wanted.First(batch.Repository) is not { } wanted || (long)wanted[1] != batch.Generation)
        {
            return false;
        }

        // Rows first, the index after them: each statement between two of the index would make it write out what it has gathered.
        var changes = new Changes([], []);
        foreach (var (file, trigrams) in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Replace(run, wanted[0], file, trigrams, changes);
        }

        foreach (var path in batch.Deleted)
        {
            Forget(run, run.Find.First(wanted[0], path), changes);
        }

        Index(run, changes, cancellationToken);
        transaction.Commit();
        return true;
    }

    public void Dispose()
    {
        statements?.Dispose();
        connection.Dispose();
    }

    private static void Replace(Statements run, object repository, IndexedFile file, string? trigrams, Changes changes)
    {
        var skipped = (object?)file.Skipped?.ToString() ?? DBNull.Value;
        var old = run.Find.First(repository, file.Path);
        if (old is not null && file.Blob.Equals(old[1]) && skipped.Equals(old[2]))
        {
            return;
        }

        Forget(run, old, changes);
        var lines = file.Text is null ? 0 : TextFile.CountLines(file.Text);
        var id = run.Insert.First(repository, file.Path, file.Blob, skipped, lines, file.Text)![0];
        if (trigrams is not null)
        {
            changes.Index.Add((id, trigrams));
        }
    }

    private static void Forget(Statements run, object[]? old, Changes changes)
    {
        if (old is not null)
        {
            run.Delete.Run(old[0]);
            changes.Unindex.Add(old[0]);
        }
    }

    private static void Index(Statements run, Changes changes, CancellationToken cancellationToken)
    {
        foreach (var id in changes.Unindex)
        {
            run.Unindex.Run(id);
        }

        foreach (var (id, trigrams) in changes.Index)
        {
            cancellationToken.ThrowIfCancellationRequested();
            run.Index.Run(id, trigrams);
        }
    }

    private void Run(string text, params ReadOnlySpan<string> values)
    {
        using var statement = new Statement(connection, text, values.Length);
        statement.Run([.. values]);
    }

    private object? Scalar(string text, string value)
    {
        using var statement = new Statement(connection, text, 1);
        return statement.First(value)?[0];
    }

    /// <summary>What the index has to learn once the rows are written.</summary>
    private sealed record Changes(List<object> Unindex, List<(object Id, string Trigrams)> Index);
}
