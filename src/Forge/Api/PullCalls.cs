using BusJobs;
using Forge.Git;
using Forge.Hooks;
using Forge.Hub;
using Forge.Mergeability;
using Forge.Reviews;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace Forge.Api;

internal sealed record NewPull(int Number, string Source, string Target, string Author);

internal sealed record NewReview(string Reviewer, ReviewState State, string Commit);

internal sealed record NewCheck(string Commit, string Name, CheckState State);

/// <param name="Mergeability">Null until it has been worked out.</param>
/// <param name="Decision">Null until it has been worked out.</param>
internal sealed record PullAnswer(int Number, string Source, string Target, string Author, bool IsOpen, MergeabilityRecord? Mergeability, DecisionRecord? Decision);

/// <summary>Pull requests, their reviews and checks. Each change enqueues what has to be worked out again, in the same transaction.</summary>
internal static class PullCalls
{
    public static void Map(IEndpointRouteBuilder calls)
    {
        calls.MapPost("/repositories/{org}/{name}/pulls", OpenAsync);
        calls.MapGet("/repositories/{org}/{name}/pulls", ListAsync);
        calls.MapGet("/repositories/{org}/{name}/pulls/{number:int}", ShowAsync);
        calls.MapPost("/repositories/{org}/{name}/pulls/{number:int}/close", CloseAsync);
        calls.MapPost("/repositories/{org}/{name}/pulls/{number:int}/reviews", ReviewAsync);
        calls.MapPost("/repositories/{org}/{name}/pulls/{number:int}/reviews/{id:long}/dismiss", DismissAsync);
        calls.MapPost("/repositories/{org}/{name}/checks", CheckAsync);
    }

    private static async Task<IResult> OpenAsync(string org, string name, HttpContext context, HubContext hub, IJobClient jobs, Outgoing outgoing, CancellationToken cancellationToken)
    {
        var asked = await Asked.BodyAsync<NewPull>(context, cancellationToken);
        Asked.Require(asked.Number >= 1, "number", $"{asked.Number}", "a number from 1 on");
        Asked.Require(BranchReader.IsName(asked.Source), "source", asked.Source, BranchReader.Allowed);
        Asked.Require(BranchReader.IsName(asked.Target) && asked.Target != asked.Source, "target", asked.Target, "another branch than the source");
        Asked.RequireWord("author", asked.Author);
        var repository = await hub.RepositoryAsync(org, name, cancellationToken);
        var pull = new PullRequest { RepositoryId = repository.Id, Number = asked.Number, Source = asked.Source, Target = asked.Target, Author = asked.Author };
        await using var transaction = await hub.Database.BeginTransactionAsync(cancellationToken);
        hub.Add(pull);
        await hub.SaveChangesAsync(cancellationToken);
        var merge = new RecomputeMergeability(pull.Id);
        await jobs.EnqueueAsync(merge, merge.Once(org), cancellationToken);
        await DecideAsync(pull.Id, org, jobs, cancellationToken);
        await outgoing.AddAsync(repository.Id, "pull-request", new { repository = repository.ToString(), asked.Number, action = "opened" }, cancellationToken);
        await hub.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Created($"/forge/repositories/{org}/{name}/pulls/{asked.Number}", asked);
    }

    private static async Task<IResult> ShowAsync(string org, string name, int number, HubContext hub, CancellationToken cancellationToken)
    {
        return TypedResults.Ok(Told(await hub.PullAsync(org, name, number, cancellationToken)));
    }

    /// <summary>The newest hundred.</summary>
    private static async Task<IResult> ListAsync(string org, string name, HttpContext context, HubContext hub, CancellationToken cancellationToken)
    {
        var open = Asked.Choice(context, "open");
        var repository = await hub.RepositoryAsync(org, name, cancellationToken);
        var found = await hub.PullRequests.AsNoTracking().Include(pull => pull.Mergeability).Include(pull => pull.Decision)
            .Where(pull => pull.RepositoryId == repository.Id && (open == null || pull.IsOpen == open))
            .OrderByDescending(pull => pull.Number).Take(100).ToListAsync(cancellationToken);
        return TypedResults.Ok(found.Select(Told));
    }

    private static async Task<IResult> CloseAsync(string org, string name, int number, HubContext hub, CancellationToken cancellationToken)
    {
        (await hub.PullAsync(org, name, number, cancellationToken)).IsOpen = false;
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> ReviewAsync(
        string org, string name, int number, HttpContext context, HubContext hub, IJobClient jobs, TimeProvider clock, CancellationToken cancellationToken)
    {
        var asked = await Asked.BodyAsync<NewReview>(context, cancellationToken);
        Asked.RequireWord("reviewer", asked.Reviewer);
        Asked.RequireCommit("commit", asked.Commit);
        var pull = await hub.PullAsync(org, name, number, cancellationToken);
        var review = new Review { PullRequestId = pull.Id, Reviewer = asked.Reviewer, State = asked.State, Commit = asked.Commit, SubmittedAt = clock.GetUtcNow() };
        hub.Add(review);
        await DecideAsync(pull.Id, org, jobs, cancellationToken);
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.Created((string?)null, new { review.Id });
    }

    private static async Task<IResult> DismissAsync(string org, string name, int number, long id, HubContext hub, IJobClient jobs, CancellationToken cancellationToken)
    {
        var pull = await hub.PullAsync(org, name, number, cancellationToken);
        var review = await hub.Reviews.SingleOrDefaultAsync(review => review.PullRequestId == pull.Id && review.Id == id, cancellationToken)
            ?? throw RefusedException.NotFound($"review {id} of pull request {number}");
        review.IsDismissed = true;
        await DecideAsync(pull.Id, org, jobs, cancellationToken);
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> CheckAsync(string org, string name, HttpContext context, HubContext hub, IJobClient jobs, CancellationToken cancellationToken)
    {
        var asked = await Asked.BodyAsync<NewCheck>(context, cancellationToken);
        Asked.RequireCommit("commit", asked.Commit);
        Asked.RequireWord("name", asked.Name);
        var repository = await hub.RepositoryAsync(org, name, cancellationToken);
        if (await hub.Checks.FindAsync([repository.Id, asked.Commit, asked.Name], cancellationToken) is { } known)
        {
            known.State = asked.State;
        }
        else
        {
            hub.Add(new Check { RepositoryId = repository.Id, Commit = asked.Commit, Name = asked.Name, State = asked.State });
        }

        // Which pull requests have this commit at their head, only git knows; deciding again costs little and changes nothing.
        foreach (var pull in await hub.PullRequests.Where(pull => pull.RepositoryId == repository.Id && pull.IsOpen).Select(pull => pull.Id).ToListAsync(cancellationToken))
        {
            await DecideAsync(pull, org, jobs, cancellationToken);
        }

        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.Accepted((string?)null);
    }

    private static PullAnswer Told(PullRequest pull) => new(pull.Number, pull.Source, pull.Target, pull.Author, pull.IsOpen, pull.Mergeability, pull.Decision);

    private static Task DecideAsync(long pull, string org, IJobClient jobs, CancellationToken cancellationToken)
    {
        var decide = new RecomputeReviewDecision(pull);
        return jobs.EnqueueAsync(decide, decide.Once(org), cancellationToken);
    }
}
