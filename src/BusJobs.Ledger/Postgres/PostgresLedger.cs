using BusJobs.Ledger.Model;
using BusJobs.Postgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

/// <summary>
/// The ledger on PostgreSQL 15 and later. Every statement works on sets, at READ COMMITTED, and locks rows only where it
/// changes them, so that any number of coordinators can share the tables.
/// </summary>
internal sealed partial class PostgresLedger : ILedger
{
    private const short TallySlots = 16;
    private const string Notify = "select pg_notify('busjobs', '')";

    /// <summary>As the last command of a batch, which saves a round trip; a transaction that is idle by then has nothing to roll back.</summary>
    private const string Commit = "commit";

    private readonly NpgsqlDataSource source;

    // What a coordinator does all the time keeps to connections of its own: a backend maps each page that it touches, and plans each statement, for itself. In
    // turns over one pool, which is how Npgsql lends connections, each of them does so for all pages and all statements (decision 28).
    private readonly NpgsqlDataSource claims;
    private readonly NpgsqlDataSource settlements;
    private readonly WakeUp wakeUp;
    private readonly KnownLimits known;
    private readonly DepthGauges depths;
    private readonly PlacePool places;
    private readonly ReadyHeads heads;
    private readonly TimeProvider clock;
    private int tallies;

    private PostgresLedger(string connectionString, TimeProvider clock)
    {
        (source, claims, settlements) = (NpgsqlDataSource.Create(connectionString), NpgsqlDataSource.Create(connectionString), NpgsqlDataSource.Create(connectionString));
        this.clock = clock;
        Id = Guid.CreateVersion7(clock.GetUtcNow());
        wakeUp = new WakeUp(source.OpenConnectionAsync, LedgerModel.Schema, $"{LedgerModel.Schema}.listener", Id, clock);
        known = new KnownLimits(clock);
        depths = new DepthGauges(clock);
        places = new PlacePool(LeaseAsync, clock);
        heads = new ReadyHeads(clock);
    }

    public Guid Id { get; }

    /// <summary>Limits at the door that the host declares.</summary>
    public IReadOnlyList<DoorLimit> Declared { get; init; } = [];

    public static PostgresLedger Open(string connectionString, TimeProvider clock, params IReadOnlyList<DoorLimit> declared)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (settings.MaxAutoPrepare == 0)
        {
            settings.MaxAutoPrepare = 50;
        }

        // A custom plan for a batch scans the whole table when the table is small, and the batch knows each row by its key. Compiling
        // a statement of milliseconds takes hundreds of them, again each time.
        settings.Options ??= "-c plan_cache_mode=force_generic_plan -c jit=off";
        settings.ApplicationName ??= "busjobs";
        // No statement here leaves anything behind in its session, and putting seven settings back costs as much as a claim of one job.
        settings.NoResetOnClose = true;
        return new PostgresLedger(settings.ConnectionString, clock) { Declared = declared };
    }

    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var context = NewContext();
        // Migrating asks for the right to make tables even when all are there; a coordinator has not got it, and does not need it.
        if ((await context.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
        {
            // A table that is written anew takes as long as it takes; half done it would begin again at the next start.
            context.Database.SetCommandTimeout(TimeSpan.Zero);
            await context.Database.MigrateAsync(cancellationToken);
        }

        foreach (var limit in Declared)
        {
            await SetDoorLimitAsync(limit, declared: true, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await wakeUp.DisposeAsync();
        places.Dispose();
        await claims.DisposeAsync();
        await settlements.DisposeAsync();
        await source.DisposeAsync();
    }

    public Task WaitForWorkAsync(TimeSpan atMost, Func<CancellationToken, Task<bool>> recheck, CancellationToken cancellationToken) =>
        wakeUp.WaitAsync(atMost, recheck, cancellationToken);

    private PostgresLedgerContext NewContext() => new(new DbContextOptionsBuilder<PostgresLedgerContext>()
        .UseNpgsql(source, npgsql => npgsql.MigrationsHistoryTable(LedgerContext.HistoryTable, LedgerModel.Schema))
        .Options);

    private static NpgsqlParameter Now(DateTimeOffset? now) =>
        new() { Value = (object?)now?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static NpgsqlParameter Of<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    private static NpgsqlParameter Of(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static NpgsqlParameter Array<T>(IEnumerable<T> values, NpgsqlDbType element) =>
        new() { Value = values as T[] ?? [.. values], NpgsqlDbType = NpgsqlDbType.Array | element };

    private static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private NpgsqlCommand Statement(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static NpgsqlCommand Statement(NpgsqlConnection connection, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
