namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string GenerationSql = "coalesce((select generation from busjobs_key_generation where scope = @scope), 0)";

    private const string HoldSql =
        $"""
        insert into busjobs_held_key as h (scope, key, generation, job_id, expires_at)
        values (@scope, @key, {GenerationSql}, @job, @until)
        on conflict (scope, key) do update set generation = excluded.generation, job_id = excluded.job_id, expires_at = excluded.expires_at
        where h.expires_at <= @now or h.generation < excluded.generation
        """;

    private const string BumpSql =
        """
        insert into busjobs_key_generation as g (scope, generation) values (@scope, 1)
        on conflict (scope) do update set generation = g.generation + 1
        """;

    public async Task<bool> HoldAsync(string scope, string key, TimeSpan ttl, CancellationToken cancellationToken)
    {
        var held = HeldKeys.Free(scope, key, ttl);
        return await writer.WriteAsync(
            session => session.Run(HoldSql, ("@scope", scope), ("@key", held), ("@job", null), ("@until", Ms(now: null) + Ms(ttl)), ("@now", Ms(now: null))) > 0,
            cancellationToken);
    }

    public Task BumpGenerationAsync(string scope, CancellationToken cancellationToken)
    {
        Names.Check("scope", scope);
        return writer.WriteAsync(session => session.Run(BumpSql, ("@scope", scope)), cancellationToken);
    }
}
