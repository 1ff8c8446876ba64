using BusJobs.Ledger.Audit;
using BusJobs.Ledger.Clients;
using BusJobs.Ledger.Letters;
using BusJobs.Ledger.Postgres;
using BusJobs.Ledger.Schedules;
using BusJobs.Ledger.Sqlite;
using BusJobs.Ledger.Upkeep;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace BusJobs.Ledger;

/// <summary>Puts the ledger and its client into a host.</summary>
public static class LedgerRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Adds <see cref="ILedger"/>, <see cref="IJobKeys"/>, <see cref="IApiKeys"/>, <see cref="LedgerJobClient"/> and, unless the host has one, <see cref="IJobClient"/>. The
        /// options are checked here; the server or file is opened when the ledger is first asked for.
        /// </summary>
        /// <exception cref="JobRefusedException">The options name no ledger, or the connection string is not one.</exception>
        public IServiceCollection AddBusJobsLedger(LedgerOptions options)
        {
            Check(options);
            services.TryAddSingleton(TimeProvider.System);
            services.AddSingleton(provider => Open(options, provider.GetRequiredService<TimeProvider>()));
            services.TryAddSingleton<IJobKeys>(provider => provider.GetRequiredService<ILedger>());
            services.TryAddSingleton<IApiKeys>(provider => provider.GetRequiredService<ILedger>());
            services.TryAddSingleton(provider => (IScheduleStore)provider.GetRequiredService<ILedger>());
            services.TryAddSingleton(provider => (IUpkeepStore)provider.GetRequiredService<ILedger>());
            services.TryAddSingleton(provider => (IAuditTrail)provider.GetRequiredService<ILedger>());
            services.TryAddSingleton(provider => (IDeadLetters)provider.GetRequiredService<ILedger>());
            services.TryAddSingleton<LedgerJobClient>();
            services.TryAddSingleton<IJobClient>(provider => provider.GetRequiredService<LedgerJobClient>());
            return services;
        }
    }

    /// <summary>Opens the ledger outside a host, for tools and benchmarks.</summary>
    /// <exception cref="JobRefusedException">The options name no ledger, the connection string is not one, or the file cannot be opened.</exception>
    public static ILedger Open(LedgerOptions options, TimeProvider clock)
    {
        Check(options);
        return string.IsNullOrWhiteSpace(options.Database)
            ? new SqliteLedger(Path.Combine(options.DataFolder!, LedgerOptions.FileName), clock) { Declared = [.. options.DoorLimits] }
            : PostgresLedger.Open(options.Database, clock, [.. options.DoorLimits]);
    }

    private static void Check(LedgerOptions options)
    {
        foreach (var limit in options.DoorLimits)
        {
            limit.Checked();
        }

        if (!string.IsNullOrWhiteSpace(options.Database))
        {
            CheckDatabase(options.Database);
        }
        else if (string.IsNullOrWhiteSpace(options.DataFolder))
        {
            throw new JobRefusedException("data folder", options.DataFolder, "a folder for the SQLite file when no database is named");
        }
    }

    /// <summary>Neither the string nor the parser's message is shown: both may hold the password.</summary>
    private static void CheckDatabase(string database)
    {
        try
        {
            if (!string.IsNullOrWhiteSpace(new NpgsqlConnectionStringBuilder(database).Host))
            {
                return;
            }
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException or InvalidCastException)
        {
            // Told below, in one sentence that shows nothing of the string.
        }

        throw new JobRefusedException(
            "database", "(not shown)", "an Npgsql connection string such as Host=db;Port=5432;Database=busjobs;Username=busjobs;Password=...");
    }
}
