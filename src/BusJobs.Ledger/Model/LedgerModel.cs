using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace BusJobs.Ledger.Model;

/// <summary>Maps the ledger's tables into a DbContext: the ledger's own, and that of a service that enqueues with its data.</summary>
public static class LedgerModel
{
    public const string Schema = "busjobs";

    extension(ModelBuilder model)
    {
        /// <summary>
        /// Lets this context carry jobs, so that a job commits with the context's data. The table itself is the ledger's:
        /// it is left out of this context's migrations.
        /// </summary>
        /// <param name="sqlite">True when the context is on SQLite, which has a table prefix in place of a schema.</param>
        public ModelBuilder AddBusJobs(bool sqlite = false)
        {
            model.Entity<JobRow>(job => MapJob(job, sqlite));
            return model;
        }
    }

    internal static void MapAll(ModelBuilder model, bool sqlite)
    {
        model.Entity<JobRow>(job => MapJob(job, sqlite));
        model.Entity<AttemptRow>(attempt =>
        {
            attempt.HasKey(a => new { a.JobId, a.Fence });
            Name(attempt, "attempt", sqlite);
        });
        model.Entity<FollowUpRow>(followUp =>
        {
            followUp.HasKey(f => f.JobId);
            followUp.Property(f => f.JobId).ValueGeneratedNever();
            Name(followUp, "follow_up", sqlite);
        });
        model.Entity<TallyRow>(tally =>
        {
            tally.HasKey(t => new { t.Slot, t.Kind });
            Name(tally, "tally", sqlite);
        });
    }

    private static void MapJob(EntityTypeBuilder<JobRow> job, bool sqlite)
    {
        job.HasKey(j => j.Id);
        job.Property(j => j.Id).ValueGeneratedNever();
        job.Property(j => j.Lane).ValueGeneratedOnAddOrUpdate();
        job.Property(j => j.State).HasConversion<short>();
        // Times that are not set come from the database's clock, by the defaults of the table.
        job.Property(j => j.RunAt).ValueGeneratedOnAdd();
        job.Property(j => j.EnqueuedAt).ValueGeneratedOnAdd();
        Name(job, "job", sqlite);
    }

    private static void Name<TRow>(EntityTypeBuilder<TRow> row, string table, bool sqlite)
        where TRow : class
    {
        if (sqlite)
        {
            row.ToTable($"{Schema}_{table}", t => t.ExcludeFromMigrations());
        }
        else
        {
            row.ToTable(table, Schema, t => t.ExcludeFromMigrations());
        }

        foreach (var property in row.Metadata.GetProperties())
        {
            property.SetColumnName(SnakeCase(property.Name));
            if (sqlite)
            {
                SqliteValues.Convert(property);
            }
        }
    }

    private static string SnakeCase(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "_") + char.ToLowerInvariant(c) : c.ToString()));
}
