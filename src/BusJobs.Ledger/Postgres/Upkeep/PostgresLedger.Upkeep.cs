using BusJobs.Ledger.Upkeep;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger : IUpkeepStore
{
    private const string TakeLease =
        """
        insert into busjobs.service as s (name, holder, held_until) values ($1, $2, coalesce($4, now()) + $3)
        on conflict (name) do update set holder = excluded.holder, held_until = excluded.held_until
        where s.holder = excluded.holder or s.held_until <= coalesce($4, now())
        """;

    private const string NoteRun =
        """
        with noted as (
            insert into busjobs.service (name, holder, held_until, started_at, took_ms, did, error)
            values ($1, '00000000-0000-0000-0000-000000000000', '-infinity', $2, $3, $4, $5)
            on conflict (name) do update set started_at = excluded.started_at, took_ms = excluded.took_ms, did = excluded.did, error = excluded.error
        )
        insert into busjobs.service_run (service, started_at, took_ms, did, error)
        select $1, $2, $3, $4, $5 where $4 is not null or $5 is not null
        """;

    public async Task<bool> LeaseAsync(string service, Guid holder, TimeSpan ttl, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        await using var lease = Statement(TakeLease, Of(service), Of(holder), Of(ttl), Now(now));
        return await lease.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public async Task ReleaseAsync(string service, Guid holder, CancellationToken cancellationToken)
    {
        await using var release = Statement("update busjobs.service set held_until = '-infinity' where name = $1 and holder = $2", Of(service), Of(holder));
        await release.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task RecordRunAsync(ServiceRun run, CancellationToken cancellationToken)
    {
        await using var note = Statement(NoteRun,
            Of(run.Service), Now(run.StartedAt), Of((long)run.Took.TotalMilliseconds), Of(run.Did, NpgsqlDbType.Text), Of(run.Error, NpgsqlDbType.Text));
        await note.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<ServiceState>> ServicesAsync(CancellationToken cancellationToken)
    {
        await using var select = Statement("select name, started_at, took_ms, did, error, holder, greatest(held_until, to_timestamp(0)) from busjobs.service order by name");
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var services = new List<ServiceState>();
        while (await reader.ReadAsync(cancellationToken))
        {
            services.Add(new ServiceState(reader.GetString(0), reader.GetGuid(5), Time(reader, 6)!.Value, reader.IsDBNull(1) ? null : Run(reader)));
        }

        return services;
    }

    public async Task<IReadOnlyList<ServiceRun>> RunsAsync(string service, int limit, CancellationToken cancellationToken)
    {
        await using var select = Statement(
            "select service, started_at, took_ms, did, error from busjobs.service_run where service = $1 order by started_at desc, id desc limit $2", Of(service), Of(limit));
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var runs = new List<ServiceRun>();
        while (await reader.ReadAsync(cancellationToken))
        {
            runs.Add(Run(reader));
        }

        return runs;
    }

    private static ServiceRun Run(NpgsqlDataReader reader) => new(
        reader.GetString(0), Time(reader, 1)!.Value, TimeSpan.FromMilliseconds(reader.GetInt64(2)),
        reader.IsDBNull(3) ? null : reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetString(4));
}
