using System.Net;
using System.Text.Json;
using BusJobs.IntegrationTests.Forge;
using BusJobs.IntegrationTests.Hooks;
using Forge.Hooks;
using Forge.Hooks.Wire;
using Forge.Mergeability;
using Forge.Reviews;

namespace BusJobs.IntegrationTests.Hub;

/// <summary>What people and programs do with the forge over HTTP, and what that sets going.</summary>
public abstract class ForgeApiContract(bool postgres)
{
    private const string Repo = "acme/repo";

    [Fact]
    public async Task A_repository_has_the_branch_of_its_HEAD_as_its_default_one_and_is_listed()
    {
        await using var site = await ForgeSite.StartAsync(postgres, branch: "trunk");
        var story = site.Story;
        await GitFolder.InitAsync(Path.Combine(story.Folder, "acme", "other"), "--initial-branch=trunk", "--bare");
        await site.PostAsync("", new { org = "acme", name = "other", defaultBranch = "next", requiredApprovals = 2 });

        Assert.Equal(["other next 2", "repo trunk 1"], (await site.GetAsync("")).EnumerateArray().Select(one => $"{Text(one, "name")} {Text(one, "defaultBranch")} {one.GetProperty("requiredApprovals")}"));
        Assert.Equal("trunk", Text(await site.GetAsync(Repo), "defaultBranch"));
        Assert.Equal("There is no repository 'acme/nobody'.", await site.RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Get, "acme/nobody"));
        Assert.True((await site.PostAsync($"{Repo}/pushes", new { branch = "trunk" })).GetProperty("reindexes").GetBoolean());
        Assert.False((await site.PostAsync($"{Repo}/pushes", new { branch = "main" })).GetProperty("reindexes").GetBoolean());
    }

    [Fact]
    public async Task A_pull_request_is_opened_reviewed_checked_dismissed_and_closed()
    {
        await using var site = await ForgeSite.StartAsync(postgres);
        var story = site.Story;
        var head = await site.Git.GitAsync("rev-parse", "topic");
        await site.PostAsync($"{Repo}/pulls", new { number = 1, source = "topic", target = "main", author = "ann" });
        Assert.Equal("It is there already.", await site.RefusedAsync(HttpStatusCode.Conflict, HttpMethod.Post, $"{Repo}/pulls", new { number = 1, source = "a", target = "b", author = "ann" }));
        Assert.Equal(["forge.recompute-mergeability", "forge.recompute-review-decision"], (await story.OutboxAsync()).Select(job => job.Kind));
        Assert.All(await story.OutboxAsync(), job => Assert.Equal("acme", job.Tenant));

        await story.RunAsync<RecomputeMergeability, RecomputeMergeabilityHandler>(new(1));
        var review = (await site.PostAsync($"{Repo}/pulls/1/reviews", new { reviewer = "bob", state = "Approved", commit = head })).GetProperty("id").GetInt64();
        await site.PostAsync($"{Repo}/checks", new { commit = head, name = "build", state = "Pending" });
        Assert.Equal(("Clean", "Approved", "Pending", false), await DecidedAsync(site, story));
        await site.PostAsync($"{Repo}/checks", new { commit = head, name = "build", state = "Success" });
        Assert.Equal(("Clean", "Approved", "Success", true), await DecidedAsync(site, story));
        await site.PostAsync($"{Repo}/pulls/1/reviews/{review}/dismiss");
        Assert.Equal(("Clean", "ReviewRequired", "Success", false), await DecidedAsync(site, story));
        Assert.Equal(4, (await story.OutboxAsync()).Skip(2).Count(job => job.Kind == "forge.recompute-review-decision"));

        Assert.Equal([1], Numbers(await site.GetAsync($"{Repo}/pulls?open=true")));
        await site.PostAsync($"{Repo}/pulls/1/close");
        Assert.Empty(Numbers(await site.GetAsync($"{Repo}/pulls?open=true")));
        Assert.Equal([1], Numbers(await site.GetAsync($"{Repo}/pulls")));
        Assert.Equal("open 'perhaps' is refused: expected true or false.", await site.RefusedAsync(HttpStatusCode.BadRequest, HttpMethod.Get, $"{Repo}/pulls?open=perhaps"));
        Assert.Equal("There is no review 77 of pull request 1.", await site.RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Post, $"{Repo}/pulls/1/reviews/77/dismiss"));
    }

    [Fact]
    public async Task A_webhook_is_made_rotated_switched_off_and_on_and_each_of_it_is_on_record_without_a_secret()
    {
        await using var site = await ForgeSite.StartAsync(postgres);
        var story = site.Story;
        var (hook, secret) = await HookAsync(site, "http://127.0.0.1:1/hook?key=hush");
        story.Clock.Advance(TimeSpan.FromMinutes(1));
        var rotated = Text(await site.PostAsync($"{Repo}/hooks/{hook}/rotate", new { }), "secret")!;
        var own = WebhookSecret.New();
        Assert.Equal(own, Text(await site.PostAsync($"{Repo}/hooks/{hook}/rotate", new { secret = own }), "secret"));
        Assert.Equal(3, new[] { secret, rotated, own }.Distinct().Count());
        await site.PostAsync($"{Repo}/hooks/{hook}/disable");
        await site.PostAsync($"{Repo}/hooks/{hook}/disable");
        Assert.Equal("It was switched off through the API.", Text(Assert.Single((await site.GetAsync($"{Repo}/hooks")).EnumerateArray()), "disabledBecause"));
        Assert.Equal(0, (await site.PostAsync($"{Repo}/pushes", new { branch = "main" })).GetProperty("deliveries").GetInt32());
        await site.PostAsync($"{Repo}/hooks/{hook}/enable");
        Assert.Equal(JsonValueKind.Null, (await site.GetAsync($"{Repo}/hooks/{hook}")).GetProperty("disabledBecause").ValueKind);

        var changes = await site.GetAsync($"{Repo}/hooks/{hook}/changes");
        Assert.Equal(["Enabled", "Disabled", "SecretRotated", "SecretRotated", "Made"], changes.EnumerateArray().Select(change => Text(change, "what")));
        Assert.All(changes.EnumerateArray(), change => Assert.Equal("127.0.0.1", Text(change, "calledFrom")));
        Assert.Equal("http://127.0.0.1:1/hook?key=••• for push", Text(changes[4], "detail"));
        Assert.All((string[])[secret, rotated, own, "hush"], hidden => Assert.DoesNotContain(hidden, changes.GetRawText(), StringComparison.Ordinal));
        Assert.Equal($"There is no webhook {Guid.Empty} in 'acme/repo'.", await site.RefusedAsync(HttpStatusCode.NotFound, HttpMethod.Post, $"{Repo}/hooks/{Guid.Empty}/disable"));
    }

    [Fact]
    public async Task A_delivery_is_shown_with_its_tries_and_sent_once_more_when_it_is_asked_for()
    {
        await using var receiver = new Receiver(request => Receiver.Answer(request == 0 ? 500 : 204, body: request == 0 ? "no" : ""));
        await using var site = await ForgeSite.StartAsync(postgres, receiverPort: receiver.Port);
        var story = site.Story;
        var (hook, secret) = await HookAsync(site, receiver.Url);
        await site.PostAsync($"{Repo}/pushes", new { branch = "main" });
        await Assert.ThrowsAsync<SnoozeJobException>(() => DeliverAsync(story));

        var delivery = Assert.Single((await site.GetAsync($"{Repo}/hooks/{hook}/deliveries")).EnumerateArray());
        var tried = Assert.Single(delivery.GetProperty("tries").EnumerateArray());
        Assert.Equal(("Pending", "push", 500, "The receiver answered 500.", "no"),
            (Text(delivery, "state"), Text(delivery, "eventType"), tried.GetProperty("status").GetInt32(), Text(tried, "fault"), Text(tried, "response")));
        await site.PostAsync($"{Repo}/hooks/{hook}/deliveries/{Text(delivery, "id")}/redeliver");
        await DeliverAsync(story);

        delivery = Assert.Single((await site.GetAsync($"{Repo}/hooks/{hook}/deliveries")).EnumerateArray());
        Assert.Equal("Delivered", Text(delivery, "state"));
        Assert.Equal(["1.1 500", "2.1 204"], delivery.GetProperty("tries").EnumerateArray().Select(one => $"{one.GetProperty("round")}.{one.GetProperty("number")} {one.GetProperty("status")}"));
        Assert.Equal(2, receiver.Requests.Count);
        Assert.Single(receiver.Requests.Select(request => request["webhook-id"]).Distinct());
        Assert.All(receiver.Requests, request => Assert.True(WebhookSignature.Verify(
            secret, request["webhook-id"], request["webhook-timestamp"], request["webhook-signature"], request.Body, story.Clock.GetUtcNow())));
        await site.PostAsync($"{Repo}/hooks/{hook}/disable");
        Assert.StartsWith("The webhook is disabled: It was switched off", await site.RefusedAsync(HttpStatusCode.Conflict, HttpMethod.Post, $"{Repo}/hooks/{hook}/deliveries/{Text(delivery, "id")}/redeliver"), StringComparison.Ordinal);
    }

    private static string? Text(JsonElement one, string name) => one.GetProperty(name).GetString();

    private static IEnumerable<int> Numbers(JsonElement pulls) => pulls.EnumerateArray().Select(pull => pull.GetProperty("number").GetInt32());

    private static async Task<(Guid Id, string Secret)> HookAsync(ForgeSite site, string url)
    {
        var made = await site.PostAsync($"{Repo}/hooks", new { url, events = new[] { "push" } });
        return (made.GetProperty("id").GetGuid(), Text(made, "secret")!);
    }

    /// <summary>Runs the newest delivery as the worker would.</summary>
    private static async Task DeliverAsync(HubStory story) => await story.RunAsync<DeliverWebhook, DeliverWebhookHandler>(
        (DeliverWebhook)PayloadJson.Read((await story.OutboxAsync()).Last(job => job.Kind == "forge.deliver-webhook").Payload, typeof(DeliverWebhook)));

    private static async Task<(string? Merge, string? Decision, string? Checks, bool IsReady)> DecidedAsync(ForgeSite site, HubStory story)
    {
        await story.RunAsync<RecomputeReviewDecision, RecomputeReviewDecisionHandler>(new(1));
        var pull = await site.GetAsync($"{Repo}/pulls/1");
        var decision = pull.GetProperty("decision");
        return (Text(pull.GetProperty("mergeability"), "state"), Text(decision, "decision"), Text(decision, "checks"), decision.GetProperty("isReady").GetBoolean());
    }
}

public sealed class SqliteForgeApi() : ForgeApiContract(postgres: false);

public sealed class PostgresForgeApi() : ForgeApiContract(postgres: true);
