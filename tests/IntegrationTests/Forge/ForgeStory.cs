using Forge;
using Forge.Git;
using Forge.Indexing;
using Forge.Search;

namespace BusJobs.IntegrationTests.Forge;

/// <summary>The forge around one index, with jobs that a test runs when it wants to.</summary>
internal sealed class ForgeStory : IAsyncDisposable
{
    private ForgeStory(string folder, ForgeOptions options, ISearchIndex index)
    {
        (Folder, Options, Index) = (folder, options, index);
        var git = new GitProgram(options, TimeProvider.System);
        Repositories = new RepositoryReader(git);
        Planner = new SearchPlanner(Repositories, index, Jobs, options);
        Handler = new ReindexSearchHandler(new BlobReader(git), Repositories, index, options);
        Search = new CodeSearch(index);
    }

    public string Folder { get; }
    public ForgeOptions Options { get; }
    public ISearchIndex Index { get; }
    public CollectedJobs Jobs { get; } = new();
    public RepositoryReader Repositories { get; }
    public SearchPlanner Planner { get; }
    public ReindexSearchHandler Handler { get; }
    public CodeSearch Search { get; }

    public static async Task<ForgeStory> StartAsync(Func<ForgeOptions, ISearchIndex>? open = null, Func<ForgeOptions, ForgeOptions>? with = null)
    {
        var folder = Directory.CreateTempSubdirectory("forge-test-").FullName;
        var options = new ForgeOptions { DataFolder = Path.Combine(folder, "data"), FilesPerBatch = 4 };
        options = (with?.Invoke(options) ?? options).Checked();
        var index = (open ?? ForgeRegistration.IndexOf)(options);
        await index.MigrateAsync(CancellationToken.None);
        return new ForgeStory(folder, options, index);
    }

    public Task<GitFolder> InitAsync(string name = "repo", params string[] options) => GitFolder.InitAsync(Path.Combine(Folder, name), options);

    /// <summary>Plans, and runs what was enqueued.</summary>
    public async Task<SearchPlan> IndexAsync(string path)
    {
        var plan = await Planner.PlanAsync(path, CancellationToken.None);
        await Parallel.ForEachAsync(Jobs.TakeAll(), async (job, token) => await RunAsync(job, token: token));
        return plan;
    }

    /// <summary>The one batch of a new repository, whose file a says "find me".</summary>
    public async Task<NewJob> OneBatchAsync()
    {
        var repository = await InitAsync();
        await repository.WriteAsync("a", "find me\n");
        await repository.CommitAsync();
        await Planner.PlanAsync(repository.Path, CancellationToken.None);
        return Assert.Single(Jobs.TakeAll());
    }

    public async Task<JobAttempt> RunAsync(NewJob job, int attempt = 1, CancellationToken token = default)
    {
        var tried = new JobAttempt(TimeProvider.System)
        {
            JobId = job.Id, Kind = job.Kind, Queue = job.Queue, Number = attempt, MaxAttempts = 5, Fence = attempt,
        };
        await Handler.HandleAsync((ReindexSearch)PayloadJson.Read(job.Payload, typeof(ReindexSearch)), tried, token);
        return tried;
    }

    public async Task<List<(string Path, int Line)>> FindAsync(string text, string? repository = null) =>
        [.. (await Search.SearchAsync(text, repository, SearchQuery.MaxLimit, CancellationToken.None)).Hits.Select(hit => (hit.Path, hit.Line))];

    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)Index).DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>A client that keeps jobs for the test instead of a ledger.</summary>
internal sealed class CollectedJobs : IJobClient
{
    private readonly List<NewJob> jobs = [];

    public TimeProvider Clock => TimeProvider.System;

    public Task<EnqueueResult> EnqueueAsync(NewJob job, CancellationToken cancellationToken) => throw new NotSupportedException("Plans enqueue as one.");

    public Task<IReadOnlyList<EnqueueResult>> EnqueueManyAsync(IReadOnlyCollection<NewJob> many, CancellationToken cancellationToken)
    {
        jobs.AddRange(many);
        return Task.FromResult<IReadOnlyList<EnqueueResult>>([.. many.Select(job => new EnqueueResult.Enqueued(job.Id))]);
    }

    public Task BumpGenerationAsync(string kind, CancellationToken cancellationToken) => throw new NotSupportedException("Plans hold no keys.");

    public List<NewJob> TakeAll()
    {
        var taken = jobs.ToList();
        jobs.Clear();
        return taken;
    }
}
