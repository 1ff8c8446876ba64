namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    // Waits for a rival that has not committed, and takes the key if the rival rolls back.
    private const string HoldKey =
        """
        insert into busjobs.held_key as h (scope, key, generation, expires_at)
        values ($1, $2, busjobs.generation_of($1), now() + $3)
        on conflict (scope, key) do update set generation = excluded.generation, job_id = null, expires_at = excluded.expires_at
        where h.expires_at <= now() or h.generation < excluded.generation
        """;

    private const string BumpGeneration =
        """
        insert into busjobs.key_generation as g (scope, generation) values ($1, 1)
        on conflict (scope) do update set generation = g.generation + 1
        """;

    public async Task<bool> HoldAsync(string scope, string key, TimeSpan ttl, CancellationToken cancellationToken)
    {
        await using var hold = Statement(HoldKey, Of(scope), Of(HeldKeys.Free(scope, key, ttl)), Of(ttl));
        return await hold.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public async Task BumpGenerationAsync(string scope, CancellationToken cancellationToken)
    {
        Names.Check("scope", scope);
        await using var bump = Statement(BumpGeneration, Of(scope));
        await bump.ExecuteNonQueryAsync(cancellationToken);
    }
}
