using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Life;

/// <summary>Shares between tenants from the enqueue to the handler: what is in flight already is all that a newcomer waits for.</summary>
public sealed class FairStartTests(PostgresFixture postgres, RabbitFixture rabbit) : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    private const int Window = 48;
    private const int Backlog = 100_000;

    [Fact]
    public async Task A_hundred_thousand_jobs_of_one_tenant_delay_the_first_of_another_by_no_more_than_one_window()
    {
        var stage = new Stage(postgres.ConnectionString, rabbit.Address, DataFolder: "", "busjobs");
        await using var story = await JobStory.StartAsync(stage, coordinator: options => options.MaxWindow = Window, work: false);
        var crowd = Enumerable.Range(0, Backlog).Select(_ => Of("crowd")).ToList();
        await story.Jobs.EnqueueManyAsync(crowd, CancellationToken.None);
        await story.JoinAsync(slots: 8);
        await story.JoinAsync(slots: 8);
        await Eventually.HoldsAsync(() => story.Script.Played.Count > Window);

        var waits = new List<int>();
        foreach (var newcomer in new[] { "ann", "bob", "zoe", "crowd-2", "" })
        {
            waits.Add(await StartedBeforeAsync(story, Of(newcomer)));
        }

        Assert.All(waits, started => Assert.InRange(started, 0, Window));
    }

    /// <returns>How many jobs of others started between the commit of a job and its own start.</returns>
    private async Task<int> StartedBeforeAsync(JobStory story, NewJob job)
    {
        await using var connection = await postgres.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await story.Jobs.Within(transaction).EnqueueAsync(job, CancellationToken.None);
        var before = story.Script.Played.Count;
        await transaction.CommitAsync();
        await Eventually.HoldsAsync(() => story.Script.Played.Any(act => act.Job == job.Id));
        return story.Script.Played.TakeWhile(act => act.Job != job.Id).Count() - before;
    }

    private static NewJob Of(string tenant) =>
        NewJob.From(new Scene("take a while"), new EnqueueOptions { Tenant = tenant.Length == 0 ? null : tenant }, TimeProvider.System);
}
