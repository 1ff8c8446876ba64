using System.Runtime.CompilerServices;
using Forge.Search;
using Npgsql;
using NpgsqlTypes;

namespace Forge.Postgres;

/// <summary>The index in PostgreSQL: a row per file, found by the trigrams of pg_trgm.</summary>
internal sealed class PostgresSearchIndex(NpgsqlDataSource source) : ISearchIndex, IAsyncDisposable
{
    /// <summary>Files whose text is fetched at once; each has at least one hit, as a rule.</summary>
    private const int Page = 16;

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        // Asking for what is there already would need the right to make it, which a service has not got.
        await using var there = Command(PostgresSchema.IsThere);
        if (await there.ExecuteScalarAsync(cancellationToken) is true)
        {
            return;
        }

        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(PostgresSchema.Create, connection, transaction);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public async Task<WantedHead> WantAsync(string name, string path, string commit, CancellationToken cancellationToken)
    {
        try
        {
            return await WantAsAsync(name, path, commit, cancellationToken);
        }
        catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "repository_name_key" })
        {
            return await WantAsAsync(RepositoryNames.Distinct(name, path), path, commit, cancellationToken);
        }
    }

    public async Task<bool> WantsAsync(string repository, long generation, CancellationToken cancellationToken)
    {
        await using var command = Command(PostgresSchema.Wanted, Text(repository), new NpgsqlParameter { Value = generation });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    public async Task<IReadOnlyDictionary<string, KnownFile>> KnownFilesAsync(string repository, CancellationToken cancellationToken)
    {
        await using var command = Command(PostgresSchema.Known, Text(repository));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var known = new Dictionary<string, KnownFile>();
        while (await rows.ReadAsync(cancellationToken))
        {
            known.Add(rows.GetString(0), new KnownFile(rows.GetString(1), SkipNames.Read(rows.GetValue(2))));
        }

        return known;
    }

    public async Task<bool> WriteAsync(IndexBatch batch, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var wanted = new NpgsqlCommand(PostgresSchema.Wanted, connection, transaction);
        wanted.Parameters.Add(Text(batch.Repository));
        wanted.Parameters.Add(new NpgsqlParameter { Value = batch.Generation });
        if (await wanted.ExecuteScalarAsync(cancellationToken) is not long repository)
        {
            return false;
        }

        await using var writes = PostgresWrites.Of(repository, batch, connection, transaction);
        await writes.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public async IAsyncEnumerable<FoundFile> FindAsync(SearchQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pattern = LikePattern.Of(query.Text);
        var (repository, path, count) = ("", "", 0);
        do
        {
            var page = await CandidatesAsync(pattern, query, (repository, path), cancellationToken);
            foreach (var group in page.Chunk(Page))
            {
                var contents = await ContentsAsync([.. group.Select(candidate => candidate.Id)], cancellationToken);
                foreach (var candidate in group.Where(candidate => contents.ContainsKey(candidate.Id)))
                {
                    yield return new FoundFile(candidate.Repository, candidate.Path, contents[candidate.Id]);
                }
            }

            count = page.Count;
            (_, repository, path) = count == 0 ? default : page[^1];
        }
        while (count == query.Limit + 1);
    }

    public async Task<SearchStats> StatsAsync(CancellationToken cancellationToken)
    {
        await using var command = Command(PostgresSchema.Stats);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await SkipNames.StatsAsync(rows, cancellationToken);
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async Task<WantedHead> WantAsAsync(string name, string path, string commit, CancellationToken cancellationToken)
    {
        await using var command = Command(PostgresSchema.Want, Text(name), Text(path), Text(commit));
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        return new WantedHead(rows.GetString(0), rows.GetInt64(1));
    }

    /// <summary>One more than the limit suffices as long as every candidate has a hit.</summary>
    private async Task<List<(long Id, string Repository, string Path)>> CandidatesAsync(
        string pattern, SearchQuery query, (string Repository, string Path) after, CancellationToken cancellationToken)
    {
        await using var command = Command(
            PostgresSchema.Candidates, Text(pattern), Text(query.Repository), Text(after.Repository), Text(after.Path), new NpgsqlParameter { Value = query.Limit + 1 });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var page = new List<(long, string, string)>();
        while (await rows.ReadAsync(cancellationToken))
        {
            page.Add((rows.GetInt64(0), rows.GetString(1), rows.GetString(2)));
        }

        return page;
    }

    private async Task<Dictionary<long, string>> ContentsAsync(long[] ids, CancellationToken cancellationToken)
    {
        await using var command = Command(PostgresSchema.Contents, new NpgsqlParameter { Value = ids });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var contents = new Dictionary<long, string>();
        while (await rows.ReadAsync(cancellationToken))
        {
            contents[rows.GetInt64(0)] = rows.GetString(1);
        }

        return contents;
    }

    private NpgsqlCommand Command(string text, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = source.CreateCommand(text);
        command.Parameters.AddRange(parameters.ToArray());
        return command;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
