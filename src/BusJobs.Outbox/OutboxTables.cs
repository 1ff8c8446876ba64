using BusJobs.Outbox.Model;
using BusJobs.Outbox.Postgres;
using BusJobs.Outbox.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BusJobs.Outbox;

/// <summary>Finds the outbox of a context's database.</summary>
internal static class OutboxTables
{
    /// <exception cref="JobRefusedException">The context does not map the outbox, or is on another database than PostgreSQL and SQLite.</exception>
    public static IOutboxTable Of(DbContext context, TimeProvider clock)
    {
        var name = OutboxModel.NameIn(context);
        return context.Database.GetDbConnection() switch
        {
            // The context's own connection goes with the context.
            NpgsqlConnection connection => new PostgresOutbox((NpgsqlConnection)((ICloneable)connection).Clone(), name, clock),
            SqliteConnection connection => new SqliteOutbox(connection.ConnectionString, name, clock),
            var other => throw new JobRefusedException("context", other.GetType().Name, "a context on PostgreSQL (Npgsql) or SQLite"),
        };
    }
}
