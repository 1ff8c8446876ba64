using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string KeyColumns = "id, name, hash, scopes, tenant, created_at, expires_at, revoked_at, last_used_at";

    public async Task AddKeyAsync(ApiKey key, CancellationToken cancellationToken)
    {
        await using var insert = Statement(
            "insert into busjobs.api_key (id, name, hash, scopes, tenant, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)",
            Of(key.Id), Of(key.Name), Of(key.Hash, NpgsqlDbType.Bytea), Of((short)key.Scopes), Of(key.Tenant, NpgsqlDbType.Text),
            Now(key.CreatedAt), Now(key.ExpiresAt));
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<ApiKey?> FindKeyAsync(string id, CancellationToken cancellationToken)
    {
        await using var select = Statement($"select {KeyColumns} from busjobs.api_key where id = $1", Of(id));
        return (await ReadKeysAsync(select, cancellationToken)).SingleOrDefault();
    }

    public async Task<IReadOnlyList<ApiKey>> KeysAsync(CancellationToken cancellationToken)
    {
        await using var select = Statement($"select {KeyColumns} from busjobs.api_key order by created_at desc, id limit 1000");
        return await ReadKeysAsync(select, cancellationToken);
    }

    public async Task<bool> RevokeKeyAsync(string id, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var revoke = Statement("update busjobs.api_key set revoked_at = $2 where id = $1 and revoked_at is null", Of(id), Now(at));
        return await revoke.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public async Task NoteKeyUseAsync(string id, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var note = Statement("update busjobs.api_key set last_used_at = date_trunc('hour', $2) where id = $1", Of(id), Now(at));
        await note.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<ApiKey>> ReadKeysAsync(NpgsqlCommand select, CancellationToken cancellationToken)
    {
        await using var row = await select.ExecuteReaderAsync(cancellationToken);
        var keys = new List<ApiKey>();
        while (await row.ReadAsync(cancellationToken))
        {
            keys.Add(new ApiKey
            {
                Id = row.GetString(0),
                Name = row.GetString(1),
                Hash = row.GetFieldValue<byte[]>(2),
                Scopes = (ApiScopes)row.GetInt16(3),
                Tenant = row.IsDBNull(4) ? null : row.GetString(4),
                CreatedAt = row.GetFieldValue<DateTimeOffset>(5),
                ExpiresAt = Time(row, 6),
                RevokedAt = Time(row, 7),
                LastUsedAt = Time(row, 8),
            });
        }

        return keys;
    }

    private static DateTimeOffset? Time(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
