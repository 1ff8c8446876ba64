using BusJobs.Benchmarks.Servers;

namespace BusJobs.Benchmarks.Running;

/// <summary>How many jobs one message and one settling transaction carried, on average.</summary>
internal sealed record Batches(double JobsPerPack, double JobsPerSettle)
{
    /// <summary>To be read when the hosts are gone: PostgreSQL counts a connection's writes at the latest when it ends.</summary>
    public static async Task<Batches> ReadAsync(OwnDatabase database, int jobs, CancellationToken cancellationToken)
    {
        // Each dispatch takes a number of the sequence, and each settling transaction writes one row of the tally.
        var packs = await database.ReadAsync("select last_value from busjobs.dispatch_sequence_seq", cancellationToken);
        var settles = await database.ReadAsync(
            "select n_tup_ins + n_tup_upd from pg_stat_user_tables where schemaname = 'busjobs' and relname = 'tally'", cancellationToken);
        return new Batches((double)jobs / Math.Max(1, packs), (double)jobs / Math.Max(1, settles));
    }
}
