using Npgsql;

namespace BusJobs.Benchmarks.Running;

/// <summary>Arrivals at 200 a second with jitter, when each was committed, and when each started.</summary>
internal sealed class Offer(int total)
{
    private static readonly TimeProvider Clock = TimeProvider.System;
    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(5);
    private readonly (long Before, long After)[] commits = new (long, long)[total];

    public int Total => total;
    public Probe Probe { get; } = new(total);

    /// <summary>Arrivals per second that were reached.</summary>
    public double Rate { get; private set; }

    /// <summary>One arrival in each five milliseconds, at a random moment within them; a slow one does not hold up the next.</summary>
    /// <returns>Arrivals per second that were reached.</returns>
    public static async Task<double> ArriveAsync(int jobs, Func<int, Task> arrive, CancellationToken cancellationToken)
    {
        var random = new Random(1);
        var begun = Clock.GetTimestamp();
        var calls = new List<Task>(jobs);
        for (var number = 0; number < jobs; number++)
        {
            var wait = (Spacing * (number + random.NextDouble())) - Clock.GetElapsedTime(begun);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, Clock, cancellationToken);
            }

            calls.Add(arrive(number));
        }

        await Task.WhenAll(calls);
        return jobs / Clock.GetElapsedTime(begun).TotalSeconds;
    }

    public async Task OfferAsync(int jobs, Func<int, Task> arrive, CancellationToken cancellationToken) => Rate = await ArriveAsync(jobs, arrive, cancellationToken);

    public async Task CommitAsync(int number, NpgsqlDataSource source, Func<NpgsqlTransaction, Task> work, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await work(transaction);
        var before = Clock.GetTimestamp();
        await transaction.CommitAsync(cancellationToken);
        commits[number] = (before, Clock.GetTimestamp());
    }

    /// <summary>From just before the commit was sent to the start.</summary>
    public Latencies SinceCommit(IReadOnlyList<int> numbers) =>
        Latencies.Of(numbers, number => Clock.GetElapsedTime(commits[number].Before, Probe.StartOf(number)));

    /// <summary>From the commit's return to the start.</summary>
    public Latencies SinceCommitted(IReadOnlyList<int> numbers) =>
        Latencies.Of(numbers, number => Clock.GetElapsedTime(commits[number].After, Probe.StartOf(number)));
}
