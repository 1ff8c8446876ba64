using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger.Clients;
using BusJobs.Wire;
using Forge.Indexing;

namespace BusJobs.IntegrationTests.Forge;

/// <summary>A head that is planned again: what waits still is left alone, and what has ended without its files in the index is enqueued anew.</summary>
public sealed class ReplanTests(SqliteLedgerFixture fixture) : LedgerContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    private const string Search = "search";

    [Fact]
    public async Task Batches_that_wait_or_run_are_not_enqueued_again()
    {
        await using var story = await ForgeStory.StartAsync();
        var repository = await RepositoryAsync(story, files: 40);
        Assert.Equal((10, 0), await PlanAsync(story, repository));
        var running = await ClaimAsync(limit: 3, queue: Search);
        Assert.Equal(3, running.Sum(dispatch => dispatch.Jobs.Count));

        Assert.Equal((10, 10), await PlanAsync(story, repository));
        Assert.Equal(10, await RowsAsync("job"));
    }

    [Fact]
    public async Task What_is_left_is_cut_into_the_same_batches_whichever_are_done()
    {
        await using var story = await ForgeStory.StartAsync(with: options => options with { MaxFileBytes = 8 * 1024 * 1024 });
        var repository = await RepositoryAsync(story, files: 40, large: 5);
        var (batches, _) = await PlanAsync(story, repository);
        Assert.True(batches > 10);
        var jobs = await ClaimAsync(size: 1, queue: Search);
        foreach (var (place, dispatch) in jobs.Index().Where(job => job.Index is 1 or 4 or 5))
        {
            await story.RunAsync(await JobOfAsync(dispatch));
            await SettleAsync(dispatch, Ending.Completed);
        }

        Assert.Equal((batches - 3, batches - 3), await PlanAsync(story, repository));
        Assert.Equal(batches, await RowsAsync("job"));
    }

    [Theory]
    [InlineData(Ending.DeadLettered)]
    [InlineData(Ending.Cancelled)]
    [InlineData(Ending.Completed)]
    public async Task A_batch_that_has_ended_and_left_nothing_in_the_index_is_enqueued_anew(Ending ending)
    {
        await using var story = await ForgeStory.StartAsync();
        var repository = await RepositoryAsync(story, files: 8);
        await PlanAsync(story, repository);
        await SettleAsync((await ClaimAsync(size: 1, queue: Search))[0], ending, reason: "a test");

        Assert.Equal((2, 1), await PlanAsync(story, repository));
        Assert.Equal(3, await RowsAsync("job"));
    }

    [Fact]
    public async Task A_batch_of_which_the_ledger_has_forgotten_everything_is_enqueued_anew()
    {
        await using var story = await ForgeStory.StartAsync();
        var repository = await RepositoryAsync(story, files: 8);
        await PlanAsync(story, repository);
        await Fixture.EmptyAsync();

        Assert.Equal((2, 0), await PlanAsync(story, repository));
    }

    private static async Task<GitFolder> RepositoryAsync(ForgeStory story, int files, int large = 0)
    {
        var repository = await story.InitAsync();
        for (var file = 0; file < files; file++)
        {
            // A large one fills a batch by its content alone, before that has its four files.
            await repository.WriteAsync($"{file:00}", file % 3 == 0 && file < 3 * large ? string.Concat(Enumerable.Repeat($"{file} large\n", 600_000)) : $"small {file}\n");
        }

        await repository.CommitAsync();
        return repository;
    }

    private async Task<(int Batches, int Waiting)> PlanAsync(ForgeStory story, GitFolder repository)
    {
        var planner = new SearchPlanner(story.Repositories, story.Index, new LedgerJobClient(Ledger, TimeProvider.System), story.Options);
        var plan = await planner.PlanAsync(repository.Path, CancellationToken.None);
        return (plan.Batches, plan.Waiting);
    }

    private async Task<NewJob> JobOfAsync(Dispatch dispatch)
    {
        var job = await FindAsync(Assert.Single(dispatch.Jobs).Id);
        return new NewJob { Id = job.Id, Kind = job.Kind, Queue = job.Queue, Payload = job.Payload };
    }
}
