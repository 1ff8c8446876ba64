using BusJobs.IntegrationTests.Forge;
using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Topology;

/// <summary>The story of README: it is broken for good, what died is read, the cause is mended, and it gets another chance.</summary>
public sealed class BreakageTests(PostgresFixture postgres, RabbitFixture rabbit) : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    private const string Kind = "forge.index-repository";
    private const short Succeeded = 3;
    private const short Dead = 4;

    [Fact]
    public async Task A_repository_that_goes_and_comes_back_costs_a_dead_letter_and_a_redrive()
    {
        await using var forge = await ForgeTopology.StartAsync(postgres, rabbit);
        var (api, scheduler) = (forge.StartServer("api"), forge.StartServer("scheduler"));
        forge.Start("indexer");
        var git = await forge.RepositoryAsync("story", commits: 20, files: 40, new DateTimeOffset(2025, 3, 3, 0, 0, 0, TimeSpan.Zero));
        await forge.PostAsync("/forge/repositories/acme/story/pushes", new { branch = "main" });
        await ForgeTopologyTests.SearchEqualsGrepAsync(forge, git, "story");
        await forge.HoldsAsync(async () => await CountAsync(forge, Succeeded) == 1, "the run that planned it has succeeded");

        Directory.Move(git.Path, git.Path + ".away");
        await forge.PostAsync("/forge/repositories/acme/story/pushes", new { branch = "main" });
        await forge.HoldsAsync(async () => await CountAsync(forge, Dead) == 1, "the run that found no repository is dead");
        await forge.HoldsAsync(async () => (await forge.MessagesAsync("search.dead")).Count == 1, "its copy is in the broker's queue of dead letters");
        Assert.Contains("is gone: There is no directory", Assert.Single(await forge.MessagesAsync("search.dead")), StringComparison.Ordinal);
        var server = await api.AddressAsync();
        var key = (await forge.CommandAsync(server: null, key: "", "keys", "create", "--name", "ann", "--scope", "read,operate")).Split('\n')[0];
        Assert.Contains("Repository 'acme/story' is gone", await forge.CommandAsync(server, key, "dead", "list", "--kind", Kind), StringComparison.Ordinal);
        Assert.Contains(Kind, await forge.CommandAsync(server, key, "dead", "groups"), StringComparison.Ordinal);

        Directory.Move(git.Path + ".away", git.Path);
        await AddAsync(git, "after.txt", "this was pushed meanwhile\n");
        Assert.Contains("1 job redriven.", await forge.CommandAsync(server, key, "dead", "redrive", "--kind", Kind, "--yes"), StringComparison.Ordinal);
        await forge.HoldsAsync(async () => await CountAsync(forge, Succeeded) == 2, "the redriven run has succeeded");
        await forge.HoldsAsync(async () => (await forge.FindAsync("pushed meanwhile", "story")) is [("after.txt", 1)], "what was pushed meanwhile is found");

        using var http = new HttpClient { BaseAddress = await scheduler.AddressAsync() };
        await forge.HoldsAsync(async () => (await http.GetAsync("/health/ready")).IsSuccessStatusCode, "the scheduler is well with the rights that it has");
    }

    private static async Task<long> CountAsync(ForgeTopology forge, short state) => (await forge.StatesAsync(Kind)).GetValueOrDefault(state);

    /// <summary>One more commit on main of a bare repository.</summary>
    private static Task AddAsync(GitFolder git, string file, string text) => git.ImportAsync(System.Text.Encoding.UTF8.GetBytes(
        $"commit refs/heads/main\ncommitter A <a@example.org> 1767225600 +0000\ndata 1\nc\nfrom refs/heads/main^0\nM 100644 inline {file}\ndata {text.Length}\n{text}\n"));
}
