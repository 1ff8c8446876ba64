using System.Text.Json;
using BusJobs.IntegrationTests.Forge;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger.Clients;
using Forge.Backfill;
using Forge.Hooks;
using Forge.Hub;
using Forge.Indexing;
using Forge.Mergeability;
using Forge.Pushes;
using Forge.Reviews;
using Forge.Search;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Hub;

/// <summary>What a push sets going, and the run that compares a pushed head with the index.</summary>
public sealed class PushTests(SqliteLedgerFixture fixture) : LedgerContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    private const string Search = "search";

    [Fact]
    public async Task However_many_pushes_arrive_during_a_run_one_more_run_follows_it()
    {
        await using var story = await HubStory.StartAsync(postgres: false, more: services => services.AddScoped<IJobClient>(_ => new LedgerJobClient(Ledger, TimeProvider.System)));
        var repository = await story.RegisterAsync(story.Folder);
        await PushAsync(story, repository, times: 3);
        Assert.Equal(1, await RowsAsync("job"));
        var running = Assert.Single(await ClaimAsync(queue: Search));

        await PushAsync(story, repository, times: 5);
        Assert.Equal(2, await RowsAsync("job"));
        Assert.Empty(await ClaimAsync(queue: Search));
        await SettleAsync(running, Ending.Completed);
        Assert.Equal(1, (await Ledger.ReleaseAsync(10, T0.AddMinutes(1), CancellationToken.None)).Released);
        var following = Assert.Single(await ClaimAsync(queue: Search));
        Assert.Single(following.Jobs);
        await SettleAsync(following, Ending.Completed);
        Assert.Equal(0, (await Ledger.ReleaseAsync(10, T0.AddMinutes(1), CancellationToken.None)).Released);
        Assert.Equal(0, (await CountsAsync()).Live);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_branch_that_moves_has_all_its_open_pull_requests_judged_again_and_no_others(bool postgres)
    {
        await using var story = await HubStory.StartAsync(postgres);
        var (repository, other) = (await story.RegisterAsync("/one"), await story.RegisterAsync("/two", name: "other"));
        (long Repository, string Source, string Target, bool IsOpen)[] pulls =
        [
            (repository.Id, "topic", "main", true), (repository.Id, "fix", "main", true), (repository.Id, "main", "release", true),
            (repository.Id, "late", "main", false), (repository.Id, "topic", "release", true), (other.Id, "topic", "main", true),
        ];
        foreach (var (pull, number) in pulls.Select((pull, i) => (pull, i + 1)))
        {
            await story.AddAsync(new PullRequest { RepositoryId = pull.Repository, Number = number, Source = pull.Source, Target = pull.Target, Author = "ann", IsOpen = pull.IsOpen });
        }

        Assert.Equal([new PushAnswer(Reindexes: true, PullRequests: 3, Deliveries: 0)], await PushAsync(story, repository, times: 1));
        Assert.Equal(
            ["forge.index-repository 1", "forge.recompute-mergeability 1", "forge.recompute-mergeability 2", "forge.recompute-mergeability 3", "forge.recompute-review-decision 3"],
            (await story.OutboxAsync()).Select(job => $"{job.Kind} {JsonElement.Parse(job.Payload).EnumerateObject().Single().Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_default_branch_is_indexed_whatever_HEAD_names()
    {
        await using var story = await HubStory.StartAsync(postgres: false);
        var git = await GitFolder.InitAsync(Path.Combine(story.Folder, "repo"), "--initial-branch=next");
        await CommitAsync(git, "next", "find me in next\n");
        await git.GitAsync("checkout", "--quiet", "--orphan", "main");
        await CommitAsync(git, "main", "find me in main\n");
        var repository = new HubRepository { Org = "acme", Name = "repo", Path = Path.Combine(git.Path, ".git"), DefaultBranch = "next" };
        await story.AddAsync(repository);
        await IndexAsync(story, repository);
        Assert.Equal(["next"], await FindAsync(story, "find me"));

        await git.GitAsync("update-ref", "refs/heads/next", "main");
        await IndexAsync(story, repository);
        Assert.Equal(["main"], await FindAsync(story, "find me"));
        await git.GitAsync("update-ref", "-d", "refs/heads/next");
        await IndexAsync(story, repository);
        Assert.Empty(await FindAsync(story, "find me"));
    }

    [Fact]
    public async Task A_repository_that_is_not_there_is_a_permanent_error_with_a_reason()
    {
        await using var story = await HubStory.StartAsync(postgres: false);
        var fault = await Assert.ThrowsAsync<PermanentJobException>(() => story.RunAsync<IndexRepository, IndexRepositoryHandler>(new(4_711)));
        Assert.Equal("There is no repository with the id 4711.", fault.Message);
        var repository = await story.RegisterAsync(Path.Combine(story.Folder, "nowhere"));
        fault = await Assert.ThrowsAsync<PermanentJobException>(() => story.RunAsync<IndexRepository, IndexRepositoryHandler>(new(repository.Id)));
        Assert.StartsWith("Repository 'acme/repo' is gone: There is no directory", fault.Message, StringComparison.Ordinal);
        fault = await Assert.ThrowsAsync<PermanentJobException>(() => story.RunAsync<DeliverWebhook, DeliverWebhookHandler>(new(Guid.Empty, Round: 1)));
        Assert.Equal($"There is no delivery with the id {Guid.Empty}.", fault.Message);
    }

    [Theory]
    [InlineData(typeof(IndexRepository))]
    [InlineData(typeof(ReindexSearch))]
    [InlineData(typeof(RecomputeMergeability))]
    [InlineData(typeof(RecomputeReviewDecision))]
    [InlineData(typeof(DeliverWebhook))]
    [InlineData(typeof(BackfillWindow))]
    public void A_payload_that_misses_its_id_is_refused_before_a_handler_sees_it(Type command) => Assert.Throws<JsonException>(() => PayloadJson.Read("{}", command));

    private static async Task<List<PushAnswer>> PushAsync(HubStory story, HubRepository repository, int times)
    {
        var answers = new List<PushAnswer>();
        for (var push = 0; push < times; push++)
        {
            await story.WithAsync(async (IServiceProvider services) =>
            {
                answers.Add(await services.GetRequiredService<Pushed>().EnqueueAsync(repository, "main", CancellationToken.None));
                await services.GetRequiredService<HubContext>().SaveChangesAsync();
            });
        }

        return answers;
    }

    /// <summary>Compares, and runs the batches that are new in the outbox.</summary>
    private static async Task IndexAsync(HubStory story, HubRepository repository)
    {
        await story.WithAsync((ISearchIndex index) => index.MigrateAsync(CancellationToken.None));
        var before = (await story.OutboxAsync()).Count;
        await story.RunAsync<IndexRepository, IndexRepositoryHandler>(new(repository.Id));
        foreach (var batch in (await story.OutboxAsync()).Skip(before))
        {
            await story.RunAsync<ReindexSearch, ReindexSearchHandler>((ReindexSearch)PayloadJson.Read(batch.Payload, typeof(ReindexSearch)));
        }
    }

    private static async Task<IEnumerable<string>> FindAsync(HubStory story, string text) =>
        (await story.AskAsync((CodeSearch search) => search.SearchAsync(text, repository: null, limit: null, CancellationToken.None))).Hits.Select(hit => hit.Path);

    private static async Task CommitAsync(GitFolder git, string file, string text)
    {
        await git.GitAsync("rm", "-r", "--quiet", "--force", "--ignore-unmatch", ".");
        await git.WriteAsync(file, text);
        await git.GitAsync("add", "--all");
        await git.GitAsync("commit", "--quiet", "-m", file);
    }
}
