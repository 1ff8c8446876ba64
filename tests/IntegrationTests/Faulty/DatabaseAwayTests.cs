using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Faulty;

[Collection(ServerFaults.Name)]
public sealed class DatabaseAwayTests(PostgresFixture postgres, RabbitFixture rabbit)
    : FaultyTests(postgres, rabbit), IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    [Theory]
    [InlineData("fast")]
    [InlineData("immediate")]
    public async Task A_database_that_restarts_loses_no_job_and_is_told_in_few_lines(string mode)
    {
        await using var story = await LoadAsync(Stage, chains: 200);
        await Faults.RestartPostgresAsync(mode);
        Postgres.DataSource.Clear();
        await IsBackAsync(story);
        await EndLoadAsync(story, chains: 200);
        Assert.Equal(0, await CrashesAsync());
        Assert.InRange(story.Log.Warnings.Count(), 1, 40);
    }
}
