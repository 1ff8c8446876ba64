using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using BusJobs.IntegrationTests.Hooks;
using BusJobs.IntegrationTests.Servers;
using Forge.Hooks.Wire;
using Forge.Search;

namespace BusJobs.IntegrationTests.Topology;

public sealed class ForgeTopologyTests(PostgresFixture postgres, RabbitFixture rabbit) : IClassFixture<PostgresFixture>, IClassFixture<RabbitFixture>
{
    private const string Acme = "/forge/repositories/acme/big";
    private static readonly DateTimeOffset Monday = new(2025, 3, 3, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_push_to_a_repository_of_2_000_commits_and_1_000_files_is_searched_judged_told_and_counted()
    {
        await using var receiver = new Receiver(request => Receiver.Answer(request == 0 ? 503 : 204));
        await using var forge = await ForgeTopology.StartAsync(postgres, rabbit, receiver.Port);
        var git = await forge.RepositoryAsync("big", commits: 2_000, files: 1_000, Monday);
        foreach (var role in (string[])["indexer", "merger", "hooks"])
        {
            forge.Start(role);
        }

        await git.GitAsync("update-ref", "refs/heads/topic", "main~3");
        var secret = (await forge.PostAsync($"{Acme}/hooks", new { url = receiver.Url, events = new[] { "push" } })).GetProperty("secret").GetString()!;
        await forge.PostAsync($"{Acme}/pulls", new { number = 1, source = "main", target = "topic", author = "ann" });
        await forge.PostAsync($"{Acme}/pulls/1/reviews", new { reviewer = "bob", state = "Approved", commit = await git.GitAsync("rev-parse", "main") });
        Assert.Equal((1, 1), Counts(await forge.PostAsync($"{Acme}/pushes", new { branch = "main" })));

        await forge.HoldsAsync(async () => receiver.Requests.Count == 2, "the failed delivery has been tried again");
        Assert.All(receiver.Requests, request => Assert.True(WebhookSignature.Verify(
            secret, request["webhook-id"], request["webhook-timestamp"], request["webhook-signature"], request.Body, TimeProvider.System.GetUtcNow())));
        Assert.Single(receiver.Requests.Select(request => request["webhook-id"]).Distinct());
        await forge.HoldsAsync(async () => (await forge.GetAsync($"{Acme}/pulls/1")) is var pull
            && pull.GetProperty("mergeability").ValueKind == System.Text.Json.JsonValueKind.Object
            && pull.GetProperty("decision").ValueKind == System.Text.Json.JsonValueKind.Object
            && pull.GetProperty("decision").GetProperty("decision").GetString() == "Approved"
            && pull.GetProperty("mergeability").GetProperty("ahead").GetInt32() == 3, "the pull request is judged");
        await SearchEqualsGrepAsync(forge, git, "big");
        await BackfillHasNoHolesAsync(forge, git);
        await ASecondPushIsSeenAsync(forge, git);
        Assert.All(await forge.MetricsAsync(), text => Assert.Contains("\n# TYPE busjobs_", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_service_that_is_silent_is_named_when_all_are_asked_what_they_count()
    {
        await using var forge = await ForgeTopology.StartAsync(postgres, rabbit);
        Assert.Single(await forge.MetricsAsync());
        await forge.Start("nonsense").ExitAsync();
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(forge.MetricsAsync);
        Assert.StartsWith("The service nonsense tells no metrics: It has ended. It is process ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_calls_are_told_what_is_wrong_and_change_nothing()
    {
        await using var forge = await ForgeTopology.StartAsync(postgres, rabbit);
        await forge.RepositoryAsync("big", commits: 1, files: 1, Monday);
        (string Path, object Body, HttpStatusCode Status)[] calls =
        [
            ("/forge/repositories", new { org = "..", name = "x" }, HttpStatusCode.BadRequest),
            ("/forge/repositories", new { org = "acme", name = "nothing-there" }, HttpStatusCode.NotFound),
            ("/forge/repositories", new { org = "acme", name = "big" }, HttpStatusCode.Conflict),
            ("/forge/repositories", new { org = "acme", name = "x", path = "/etc" }, HttpStatusCode.BadRequest),
            ($"{Acme}/pushes", new { branch = "--exec=x" }, HttpStatusCode.BadRequest),
            ($"{Acme}/pushes", new { }, HttpStatusCode.BadRequest),
            ("/forge/repositories/acme/other/pushes", new { branch = "main" }, HttpStatusCode.NotFound),
            ($"{Acme}/pulls", new { number = 0, source = "a", target = "b", author = "ann" }, HttpStatusCode.BadRequest),
            ($"{Acme}/pulls", new { number = 1, source = "a", target = "a", author = "ann" }, HttpStatusCode.BadRequest),
            ($"{Acme}/pulls/7/reviews", new { reviewer = "bob", state = "Approved", commit = new string('a', 40) }, HttpStatusCode.NotFound),
            ($"{Acme}/checks", new { commit = "main", name = "build", state = "Success" }, HttpStatusCode.BadRequest),
            ($"{Acme}/checks", new { commit = new string('a', 40), name = "build", state = "Splendid" }, HttpStatusCode.BadRequest),
            ($"{Acme}/hooks", new { url = "http://169.254.169.254:1/", events = new[] { "push" } }, HttpStatusCode.BadRequest),
            ($"{Acme}/hooks", new { url = "http://127.0.0.1:1/", events = new[] { "everything" } }, HttpStatusCode.BadRequest),
            ($"{Acme}/hooks", new { url = "http://127.0.0.1:1/", events = new[] { "push" }, headers = new { Host = "x" } }, HttpStatusCode.BadRequest),
            ($"{Acme}/hooks", new { url = "http://127.0.0.1:1/", events = new[] { "push" }, secret = "whsec_c2hvcnQ=" }, HttpStatusCode.BadRequest),
            ($"{Acme}/backfill", new { from = Monday, to = Monday, reason = "x" }, HttpStatusCode.BadRequest),
        ];
        foreach (var (path, body, status) in calls)
        {
            using var answer = await forge.Api.PostAsJsonAsync(path, body);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(status == answer.StatusCode, $"{path} {body}: {(int)answer.StatusCode} {text}");
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
            Assert.DoesNotContain("c2hvcnQ", text, StringComparison.Ordinal);
        }

        forge.Api.DefaultRequestHeaders.Authorization = null;
        using var stranger = await forge.Api.PostAsJsonAsync($"{Acme}/pushes", new { branch = "main" });
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        Assert.Empty(await forge.StatesAsync("forge.index-repository"));
    }

    private static (int Pulls, int Deliveries) Counts(System.Text.Json.JsonElement answer) => (answer.GetProperty("pullRequests").GetInt32(), answer.GetProperty("deliveries").GetInt32());

    internal static async Task SearchEqualsGrepAsync(ForgeTopology forge, Forge.GitFolder git, string name)
    {
        var rare = (await git.GitAsync("grep", "-hoE", "naïve[0-9]+ window[0-9]+ ledger[0-9]+", "main")).Split('\n')[0];
        // An answer is the first of all hits, in the order of their places.
        foreach (var question in (string[])[rare, rare.ToUpperInvariant(), "no such thing", "naïve7 ", "a_b1", "%d39 RETURN", "ledger3 consume", "context"])
        {
            var expected = (await git.GrepAsync(question)).OrderBy(hit => hit.Path, StringComparer.Ordinal).ThenBy(hit => hit.Line).Take(SearchQuery.MaxLimit).ToList();
            await forge.HoldsAsync(async () => (await forge.FindAsync(question, name)).SequenceEqual(expected), $"search finds what git grep finds: {question}");
        }
    }

    /// <summary>The index follows the head, and so do the verdicts of both pull requests that the branch is part of.</summary>
    private static async Task ASecondPushIsSeenAsync(ForgeTopology forge, Forge.GitFolder git)
    {
        await forge.PostAsync($"{Acme}/pulls", new { number = 2, source = "topic", target = "main", author = "cid" });
        await forge.HoldsAsync(async () => (await AheadAndBehindAsync(forge, 2)) == (0, 3), "the second pull request is judged");
        await git.GitAsync("update-ref", "refs/heads/main", "main~1");
        Assert.Equal((2, 1), Counts(await forge.PostAsync($"{Acme}/pushes", new { branch = "main" })));
        await forge.HoldsAsync(async () => (await AheadAndBehindAsync(forge, 1)) == (2, 0) && (await AheadAndBehindAsync(forge, 2)) == (0, 2), "both are judged again");
        await forge.HoldsAsync(async () => (await forge.GetAsync($"{Acme}/pulls/1")).GetProperty("decision").GetProperty("decision").GetString() == "ReviewRequired", "the approval is stale");
        await SearchEqualsGrepAsync(forge, git, "big");
    }

    private static async Task<(int Ahead, int Behind)> AheadAndBehindAsync(ForgeTopology forge, int number) =>
        (await forge.GetAsync($"{Acme}/pulls/{number}")).GetProperty("mergeability") is { ValueKind: System.Text.Json.JsonValueKind.Object } verdict ? (verdict.GetProperty("ahead").GetInt32(), verdict.GetProperty("behind").GetInt32()) : (-1, -1);

    /// <summary>Whoever is killed meanwhile.</summary>
    private static async Task BackfillHasNoHolesAsync(ForgeTopology forge, Forge.GitFolder git)
    {
        Assert.Equal(120, await forge.DoorLimitAsync("forge.backfill-window"));
        var first = forge.Start("backfill");
        await forge.PostAsync($"{Acme}/backfill", new { from = Monday, to = Monday.AddDays(70), reason = "first" });
        await forge.HoldsAsync(async () => (await MissingAsync(forge)) < 70, "the first window is there");
        await forge.KillAsync(first);
        forge.Start("backfill");
        await forge.HoldsAsync(async () => (await MissingAsync(forge)) == 0, "no day is missing");
        var days = (await forge.GetAsync(Span("activity"))).GetProperty("days").EnumerateArray()
            .ToDictionary(day => day.GetProperty("start").GetDateTimeOffset().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                day => (day.GetProperty("commits").GetInt32(), day.GetProperty("authors").GetInt32(), day.GetProperty("added").GetInt64(), day.GetProperty("removed").GetInt64(), day.GetProperty("files").GetInt32()));
        var expected = await Forge.GeneratedHistory.SumsAsync(git);
        Assert.Equal(2_000, days.Values.Sum(day => day.Item1));
        Assert.All(days, day => Assert.Equal(expected.GetValueOrDefault(day.Key), day.Value));
        Assert.Contains("; 0 days are missing", await forge.Api.GetStringAsync(Span("activity.svg")), StringComparison.Ordinal);
    }

    private static async Task<int> MissingAsync(ForgeTopology forge) => (await forge.GetAsync(Span("activity"))).GetProperty("missing").GetInt32();

    private static string Span(string what) => $"{Acme}/{what}?from=2025-03-03T00:00:00Z&to=2025-05-12T00:00:00Z";
}
