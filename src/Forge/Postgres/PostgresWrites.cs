using Forge.Indexing;
using Forge.Search;
using Npgsql;
using NpgsqlTypes;

namespace Forge.Postgres;

/// <summary>The set-based statements that write a batch, sent in one round trip.</summary>
internal static class PostgresWrites
{
    public static NpgsqlBatch Of(long repository, IndexBatch batch, NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        var writes = new NpgsqlBatch(connection, transaction);

        // In the order of their paths, so that two batches with common files wait for each other instead of deadlocking.
        var files = batch.Files.OrderBy(file => file.Path, StringComparer.Ordinal).ToList();
        writes.BatchCommands.Add(new NpgsqlBatchCommand(PostgresSchema.Replace)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = repository },
                Texts(files.Select(file => file.Path)),
                Texts(files.Select(file => file.Blob)),
                Texts(files.Select(file => file.Skipped?.ToString())),
                new NpgsqlParameter { Value = files.Select(file => file.Text is null ? 0 : TextFile.CountLines(file.Text)).ToArray() },
                Texts(files.Select(file => file.Text)),
            },
        });
        writes.BatchCommands.Add(new NpgsqlBatchCommand(PostgresSchema.Delete)
        {
            Parameters = { new NpgsqlParameter { Value = repository }, Texts(batch.Deleted.Order(StringComparer.Ordinal)) },
        });
        return writes;
    }

    private static NpgsqlParameter Texts(IEnumerable<string?> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
