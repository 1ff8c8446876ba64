using BusJobs.Ledger.Upkeep;
using Microsoft.Data.Sqlite;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger : IUpkeepStore
{
    private const string LeaseSql =
        """
        insert into busjobs_service as s (name, holder, held_until) values (@name, @holder, @until)
        on conflict (name) do update set holder = excluded.holder, held_until = excluded.held_until
        where s.holder = excluded.holder or s.held_until <= @now
        """;

    private const string NoteSql =
        """
        insert into busjobs_service (name, holder, held_until, started_at, took_ms, did, error)
        values (@name, '00000000-0000-0000-0000-000000000000', 0, @at, @took, @did, @error)
        on conflict (name) do update set started_at = excluded.started_at, took_ms = excluded.took_ms, did = excluded.did, error = excluded.error
        """;

    public Task<bool> LeaseAsync(string service, Guid holder, TimeSpan ttl, DateTimeOffset? now, CancellationToken cancellationToken) => writer.WriteAsync(
        session => session.Run(LeaseSql, ("@name", service), ("@holder", holder.ToString()), ("@until", Ms(now) + Ms(ttl)), ("@now", Ms(now))) > 0,
        cancellationToken);

    public Task ReleaseAsync(string service, Guid holder, CancellationToken cancellationToken) => writer.WriteAsync(
        session => session.Run(
            "update busjobs_service set held_until = 0 where name = @name and holder = @holder", ("@name", service), ("@holder", holder.ToString())),
        cancellationToken);

    public Task RecordRunAsync(ServiceRun run, CancellationToken cancellationToken) => writer.WriteAsync(
        session =>
        {
            (string, object?)[] values =
            [
                ("@name", run.Service), ("@at", run.StartedAt.ToUnixTimeMilliseconds()), ("@took", (long)run.Took.TotalMilliseconds), ("@did", run.Did), ("@error", run.Error),
            ];
            session.Run(NoteSql, values);
            return run.Did is null && run.Error is null
                ? 0
                : session.Run("insert into busjobs_service_run (service, started_at, took_ms, did, error) values (@name, @at, @took, @did, @error)", values);
        },
        cancellationToken);

    public Task<IReadOnlyList<ServiceState>> ServicesAsync(CancellationToken cancellationToken) => reader.ReadAsync<IReadOnlyList<ServiceState>>(
        session =>
        {
            var services = new List<ServiceState>();
            using var row = session.Query("select name, started_at, took_ms, did, error, holder, held_until from busjobs_service order by name");
            while (row.Read())
            {
                services.Add(new ServiceState(row.GetString(0), Id(row.GetString(5)), Time(row, 6)!.Value, row.IsDBNull(1) ? null : Run(row)));
            }

            return services;
        },
        cancellationToken);

    public Task<IReadOnlyList<ServiceRun>> RunsAsync(string service, int limit, CancellationToken cancellationToken) => reader.ReadAsync<IReadOnlyList<ServiceRun>>(
        session =>
        {
            var runs = new List<ServiceRun>();
            using var row = session.Query(
                "select service, started_at, took_ms, did, error from busjobs_service_run where service = @service order by started_at desc, id desc limit @limit",
                ("@service", service), ("@limit", limit));
            while (row.Read())
            {
                runs.Add(Run(row));
            }

            return runs;
        },
        cancellationToken);

    private static ServiceRun Run(SqliteDataReader row) => new(
        row.GetString(0), Time(row, 1)!.Value, TimeSpan.FromMilliseconds(row.GetInt64(2)),
        row.IsDBNull(3) ? null : row.GetString(3), row.IsDBNull(4) ? null : row.GetString(4));
}
