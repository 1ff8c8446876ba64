using Microsoft.Data.Sqlite;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string KeyColumns = "id, name, hash, scopes, tenant, created_at, expires_at, revoked_at, last_used_at";
    private const long HourMs = 3_600_000;

    public Task AddKeyAsync(ApiKey key, CancellationToken cancellationToken) => writer.WriteAsync(
        session => session.Run(
            """
            insert into busjobs_api_key (id, name, hash, scopes, tenant, created_at, expires_at)
            values (@id, @name, @hash, @scopes, @tenant, @created_at, @expires_at)
            """,
            ("@id", key.Id), ("@name", key.Name), ("@hash", key.Hash), ("@scopes", (int)key.Scopes), ("@tenant", key.Tenant),
            ("@created_at", Ms(key.CreatedAt)), ("@expires_at", key.ExpiresAt is { } end ? Ms(end) : null)),
        cancellationToken);

    public async Task<ApiKey?> FindKeyAsync(string id, CancellationToken cancellationToken) =>
        (await ReadKeysAsync($"select {KeyColumns} from busjobs_api_key where id = @id", id, cancellationToken)).SingleOrDefault();

    public async Task<IReadOnlyList<ApiKey>> KeysAsync(CancellationToken cancellationToken) => await ReadKeysAsync(
        $"select {KeyColumns} from busjobs_api_key where @id is null order by created_at desc, id limit 1000", id: null, cancellationToken);

    public Task<bool> RevokeKeyAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => writer.WriteAsync(
        session => session.Run(
            "update busjobs_api_key set revoked_at = @at where id = @id and revoked_at is null", ("@id", id), ("@at", Ms(at))) > 0,
        cancellationToken);

    public Task NoteKeyUseAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => writer.WriteAsync(
        session => session.Run("update busjobs_api_key set last_used_at = @at where id = @id", ("@id", id), ("@at", Ms(at) / HourMs * HourMs)),
        cancellationToken);

    private Task<List<ApiKey>> ReadKeysAsync(string sql, string? id, CancellationToken cancellationToken) => reader.ReadAsync(
        session =>
        {
            var keys = new List<ApiKey>();
            using var row = session.Query(sql, ("@id", id));
            while (row.Read())
            {
                keys.Add(new ApiKey
                {
                    Id = row.GetString(0),
                    Name = row.GetString(1),
                    Hash = row.GetFieldValue<byte[]>(2),
                    Scopes = (ApiScopes)row.GetInt32(3),
                    Tenant = Text(row, 4),
                    CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5)),
                    ExpiresAt = Time(row, 6),
                    RevokedAt = Time(row, 7),
                    LastUsedAt = Time(row, 8),
                });
            }

            return keys;
        },
        cancellationToken);

    private static DateTimeOffset? Time(SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
