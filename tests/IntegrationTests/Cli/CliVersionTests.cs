namespace BusJobs.IntegrationTests.Cli;

public sealed class CliVersionTests
{
    [Fact]
    public async Task A_server_of_another_version_or_another_program_is_told_and_what_it_knows_is_shown()
    {
        await using var other = await ScreenServer.StartAsync();
        var end = await CliProcess.RunAsync(other.Environment, "workers");
        Assert.Equal((3, ""), (end.Code, end.Output));
        Assert.Matches(@"^busjobs: http://\S+ answered 404 in a way that busjobs \S+ does not know: it is another program, or a server of another version.\s*$", end.Error);
        Assert.Matches("(?m)^mail +3 ", (await CliProcess.RunAsync(other.Environment, "queues")).Output);
    }
}
