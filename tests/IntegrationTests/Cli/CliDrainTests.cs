using System.Text.Json;

namespace BusJobs.IntegrationTests.Cli;

/// <summary>Letting the one worker of a server run empty: it is not fit for others afterwards.</summary>
public sealed class CliDrainTests(CliFixture fixture) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task A_worker_is_drained_by_its_name_and_what_waits_tells_that_nobody_takes_it()
    {
        var worker = Assert.Single(JsonElement.Parse((await fixture.RunAsync("workers", "--json")).Output).EnumerateArray());
        var name = worker.GetProperty("name").GetString()!;
        Assert.Contains(name, (await fixture.RunAsync("workers")).Output, StringComparison.Ordinal);

        var unknown = await fixture.RunAsync("drain", "--worker", "nobody", "--yes");
        Assert.Equal((1, true), (unknown.Code, unknown.Error.Contains("No worker of this name or id beats: nobody.", StringComparison.Ordinal)));
        Assert.Equal(2, (await fixture.RunAsync("drain")).Code);
        Assert.Equal(2, (await fixture.RunAsync("drain", "default", "--worker", name, "--yes")).Code);
        var asked = await fixture.RunAsync("drain", "--worker", name);
        Assert.Equal((2, true), (asked.Code, asked.Error.Contains("take no more work until it is started anew? There is nobody to ask: say --yes.", StringComparison.Ordinal)));

        var drained = await fixture.RunAsync("drain", "--worker", name, "--yes", "--within", "30s");
        Assert.True(drained.Code == 0 && drained.Output.Contains($"The worker {name} holds nothing any more", StringComparison.Ordinal), drained.ToString());
        Assert.Matches("draining", (await fixture.RunAsync("workers")).Output);
        var id = (await fixture.RunAsync("enqueue", "forge.reindex-search", "{}", "--queue", "search")).Output.Trim().Split(' ')[1];
        Assert.Contains("Every worker of the queue search drains", (await fixture.RunAsync("jobs", "why", id)).Output, StringComparison.Ordinal);
        var doctor = await fixture.RunAsync("doctor", "--data", fixture.Folder);
        Assert.Equal(1, doctor.Code);
        Assert.Matches("!! +queue search +(1 job waits|[0-9]+ jobs wait), and no worker reads it", doctor.Output);
    }
}
