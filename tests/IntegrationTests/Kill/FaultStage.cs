using BusJobs.Bus;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using BusJobs.Ledger.Clients;
using BusJobs.Wire;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace BusJobs.IntegrationTests.Kill;

/// <summary>One run of a job, as its handler noted it.</summary>
internal sealed record Mark(Guid Job, int Attempt, int Fence, int Process);

/// <summary>
/// A ledger of the test's own, processes that work on it, and the marks that their jobs leave. What a test enqueues and reads
/// goes through the ledger in this process, which lives on whatever is killed.
/// </summary>
internal sealed class FaultStage : IAsyncDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("busjobs-kill-").FullName;
    private readonly List<FaultProcess> processes = [];
    private readonly Dictionary<string, string?> environment;

    private FaultStage(string? database, Uri? rabbitMq)
    {
        // A prefix of its own keeps one test's queues from the next one's of the same class.
        environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["BUSJOBS_DATABASE"] = database ?? "",
            ["BUSJOBS_RABBITMQ"] = rabbitMq?.AbsoluteUri ?? "",
            ["BUSJOBS_PREFIX"] = $"t{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):n}",
        };
        Ledger = LedgerRegistration.Open(new LedgerOptions { Database = database, DataFolder = folder }, TimeProvider.System);
        Jobs = new LedgerJobClient(Ledger, TimeProvider.System);
    }

    /// <summary>What the names of its exchanges and queues begin with.</summary>
    public string Prefix => environment["BUSJOBS_PREFIX"]!;

    public ILedger Ledger { get; }

    public LedgerJobClient Jobs { get; }

    /// <summary>How long the processes of this stage wait for a silent worker.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(6);

    public static async Task<FaultStage> EmbeddedAsync()
    {
        var stage = new FaultStage(database: null, rabbitMq: null);
        await stage.Ledger.MigrateAsync(CancellationToken.None);
        return stage;
    }

    public static async Task<FaultStage> OnServersAsync(PostgresFixture postgres, RabbitFixture rabbit, TimeSpan? lease = null)
    {
        await postgres.EmptyAsync();
        return new FaultStage(postgres.ConnectionString, rabbit.Address) { Lease = lease ?? TimeSpan.FromSeconds(6) };
    }

    public FaultProcess Start(string role, params ReadOnlySpan<string> more)
    {
        var process = FaultProcess.Start(
            ["--role", role, "--data", folder, "--marks", folder, "--lease", $"{Lease.TotalMilliseconds:0}", .. more], environment);
        processes.Add(process);
        return process;
    }

    /// <summary>Every run so far, those of one process in their order.</summary>
    public IReadOnlyList<Mark> Runs() =>
    [
        .. Lines("*.run").Select(line => line.Split(' ')).Where(words => words.Length == 4)
            .Select(words => new Mark(Guid.Parse(words[0]), int.Parse(words[1]), int.Parse(words[2]), int.Parse(words[3]))),
    ];

    /// <summary>Jobs whose enqueue had returned in the process that asked for it.</summary>
    public IReadOnlyList<Guid> Acknowledged() => [.. Lines("*.ack").Where(line => line.Length == 36).Select(Guid.Parse)];

    public Task RanAsync(int atLeast) => HoldsAsync(() => Task.FromResult(Runs().Count >= atLeast), $"{atLeast} runs", 120);

    public Task AllEndAsync(int seconds = 180) =>
        HoldsAsync(async () => (await Ledger.CountsAsync(CancellationToken.None)).Live == 0, "all jobs have ended", seconds);

    public async Task<JobRecord> FindAsync(Guid job) =>
        await Ledger.FindAsync(job, CancellationToken.None) ?? throw new InvalidOperationException($"Job {job} is not in the ledger");

    /// <summary>Sends settlements as a worker does; returns once the broker has them.</summary>
    public async Task SettleAsync(Settled settled)
    {
        await using var bus = new JobBus(
            Options.Create(new BusOptions { RabbitMq = new Uri(environment["BUSJOBS_RABBITMQ"]!), Prefix = Prefix }),
            NullLoggerFactory.Instance,
            TimeProvider.System);
        await bus.StartAsync(CancellationToken.None);
        await bus.SendAsync(bus.Names.Settlements, settled, mandatory: true, CancellationToken.None);
    }

    /// <summary>Every job succeeded, none is lost, and the ledger counted each once.</summary>
    /// <returns>The runs of those that ran more than once.</returns>
    public async Task<IReadOnlyList<IGrouping<Guid, Mark>>> AllRanAsync(int jobs)
    {
        var counts = await Ledger.CountsAsync(CancellationToken.None);
        Assert.Equal((jobs, 0), (counts.Succeeded, counts.DeadNow));
        var runs = Runs().ToLookup(run => run.Job);
        Assert.Equal(jobs, runs.Count);
        return [.. runs.Where(job => job.Count() > 1)];
    }

    /// <summary>As <see cref="Eventually"/>, but a failure tells what the ledger counts and what the processes said.</summary>
    public async Task HoldsAsync(Func<Task<bool>> condition, string what, int seconds)
    {
        try
        {
            await Eventually.HoldsAsync(condition, TimeSpan.FromSeconds(seconds), what);
        }
        catch (TimeoutException exception)
        {
            var counts = await Ledger.CountsAsync(CancellationToken.None);
            throw new TimeoutException($"{exception.Message}\n{counts}\n{Runs().Count} runs\n{string.Join('\n', processes)}", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
        {
            await process.DisposeAsync();
        }

        await Ledger.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Whole lines only: what a process was writing when it was read or killed may lack its end.</summary>
    private IEnumerable<string> Lines(string pattern) => Directory.GetFiles(folder, pattern).SelectMany(file =>
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var text = reader.ReadToEnd();
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    });
}
