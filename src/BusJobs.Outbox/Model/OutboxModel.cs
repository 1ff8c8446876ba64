using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage;

namespace BusJobs.Outbox.Model;

/// <summary>Maps the outbox into a producer's DbContext. The table is the producer's: its migrations make it.</summary>
public static class OutboxModel
{
    public const string Table = "busjobs_outbox";

    extension(ModelBuilder model)
    {
        /// <summary>Adds the table <c>busjobs_outbox</c>, in the context's default schema.</summary>
        /// <param name="sqlite">True when the context is on SQLite: <c>Database.IsSqlite()</c> tells.</param>
        public ModelBuilder AddBusJobsOutbox(bool sqlite = false)
        {
            model.Entity<OutboxRow>(row => Map(row, sqlite));
            return model;
        }
    }

    /// <summary>The table as SQL names it.</summary>
    /// <exception cref="JobRefusedException">The context does not map it.</exception>
    internal static OutboxName NameIn(DbContext context)
    {
        var entity = context.Model.FindEntityType(typeof(OutboxRow))
            ?? throw new JobRefusedException("context", context.GetType().Name, "a context that calls modelBuilder.AddBusJobsOutbox() in OnModelCreating");
        return new OutboxName(context.GetService<ISqlGenerationHelper>(), entity.GetSchema());
    }

    private static void Map(EntityTypeBuilder<OutboxRow> row, bool sqlite)
    {
        var now = sqlite ? "(cast(unixepoch('subsec') * 1000 as integer))" : "now()";
        row.ToTable(Table);
        row.HasKey(r => r.Position).HasName("busjobs_outbox_pkey");
        row.Property(r => r.Position).HasColumnName("position").ValueGeneratedOnAdd();
        row.Property(r => r.Job).HasColumnName("job");
        row.Property(r => r.AddedAt).HasColumnName("added_at").HasDefaultValueSql(now);
        row.Property(r => r.DueAt).HasColumnName("due_at").HasDefaultValueSql(now);
        row.Property(r => r.Tries).HasColumnName("tries").HasDefaultValue(0);
        row.Property(r => r.Reason).HasColumnName("reason");
        row.HasIndex(r => new { r.DueAt, r.Position }).HasDatabaseName("busjobs_outbox_due");
        if (sqlite)
        {
            row.Property(r => r.AddedAt).HasConversion(at => at.ToUnixTimeMilliseconds(), ms => DateTimeOffset.FromUnixTimeMilliseconds(ms));
            row.Property(r => r.DueAt).HasConversion(at => at.ToUnixTimeMilliseconds(), ms => DateTimeOffset.FromUnixTimeMilliseconds(ms));
        }
    }
}

/// <summary>What the outbox's tables are called in one database, ready for SQL.</summary>
internal sealed class OutboxName(ISqlGenerationHelper sql, string? schema)
{
    public string Table { get; } = sql.DelimitIdentifier(OutboxModel.Table, schema);
    public string Listeners { get; } = sql.DelimitIdentifier(OutboxModel.Table + "_listener", schema);
    public string Function { get; } = sql.DelimitIdentifier(OutboxModel.Table + "_wake", schema);
}
