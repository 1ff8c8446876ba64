using BusJobs;
using Forge.Git;
using Forge.Hub;
using Forge.Pushes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace Forge.Api;

/// <param name="DefaultBranch">Default: the one that the repository's HEAD names.</param>
internal sealed record NewRepository(string Org, string Name, string? DefaultBranch = null, int RequiredApprovals = 1, bool DismissStaleApprovals = true);

internal sealed record NewPush(string Branch);

internal sealed record RepositoryAnswer(string Org, string Name, string DefaultBranch, int RequiredApprovals, bool DismissStaleApprovals);

/// <summary>Repositories and what is pushed to them.</summary>
internal static class RepositoryCalls
{
    /// <summary>In one answer.</summary>
    private const int Most = 1_000;

    public static void Map(IEndpointRouteBuilder calls)
    {
        calls.MapPost("/repositories", AddAsync);
        calls.MapGet("/repositories", ListAsync);
        calls.MapGet("/repositories/{org}/{name}", ShowAsync);
        calls.MapPost("/repositories/{org}/{name}/pushes", PushAsync);
    }

    /// <summary>The place of a repository follows from its name, so that nobody can name a place.</summary>
    private static async Task<IResult> AddAsync(
        HttpContext context, HubContext hub, ForgeOptions options, RepositoryReader repositories, BranchReader branches, CancellationToken cancellationToken)
    {
        var asked = await Asked.BodyAsync<NewRepository>(context, cancellationToken);
        Names.Check("org", asked.Org);
        Names.Check("name", asked.Name);
        Asked.Require(asked.DefaultBranch is null || BranchReader.IsName(asked.DefaultBranch), "defaultBranch", asked.DefaultBranch, BranchReader.Allowed);
        Asked.Require(asked.RequiredApprovals is >= 0 and <= 20, "requiredApprovals", $"{asked.RequiredApprovals}", "0 to 20");
        var path = await FindAsync(asked, options, repositories, cancellationToken);
        var added = new HubRepository
        {
            Org = asked.Org, Name = asked.Name, Path = path, DefaultBranch = asked.DefaultBranch ?? await branches.DefaultAsync(path, cancellationToken) ?? "main",
            RequiredApprovals = asked.RequiredApprovals, DismissStaleApprovals = asked.DismissStaleApprovals,
        };
        hub.Add(added);
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/forge/repositories/{asked.Org}/{asked.Name}", Told(added));
    }

    /// <returns>Its git directory.</returns>
    private static async Task<string> FindAsync(NewRepository asked, ForgeOptions options, RepositoryReader repositories, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(options.RepositoryRoot ?? throw new RefusedException(StatusCodes.Status409Conflict, "This forge was started without a folder of repositories."), asked.Org, asked.Name);
        try
        {
            return (await repositories.OpenAsync(Directory.Exists(folder + ".git") ? folder + ".git" : folder, cancellationToken)).GitDirectory;
        }
        catch (RepositoryNotFoundException)
        {
            throw new RefusedException(StatusCodes.Status404NotFound, $"There is no git repository {asked.Org}/{asked.Name} in the folder of this forge.");
        }
    }

    private static async Task<IResult> ListAsync(HubContext hub, CancellationToken cancellationToken) => TypedResults.Ok(
        (await hub.Repositories.AsNoTracking().OrderBy(repository => repository.Org).ThenBy(repository => repository.Name).Take(Most).ToListAsync(cancellationToken)).Select(Told));

    private static async Task<IResult> ShowAsync(string org, string name, HubContext hub, CancellationToken cancellationToken) =>
        TypedResults.Ok(Told(await hub.RepositoryAsync(org, name, cancellationToken)));

    private static async Task<IResult> PushAsync(string org, string name, HttpContext context, HubContext hub, Pushed pushed, CancellationToken cancellationToken)
    {
        var asked = await Asked.BodyAsync<NewPush>(context, cancellationToken);
        Asked.Require(BranchReader.IsName(asked.Branch), "branch", asked.Branch, BranchReader.Allowed);
        var answer = await pushed.EnqueueAsync(await hub.RepositoryAsync(org, name, cancellationToken), asked.Branch, cancellationToken);
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.Accepted((string?)null, answer);
    }

    private static RepositoryAnswer Told(HubRepository repository) =>
        new(repository.Org, repository.Name, repository.DefaultBranch, repository.RequiredApprovals, repository.DismissStaleApprovals);
}
