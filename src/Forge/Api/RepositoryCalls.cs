using BusJobs;
using Forge.Git;
using Forge.Hub;
using Forge.Pushes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Forge.Api;

internal sealed record NewRepository(string Org, string Name, string DefaultBranch = "main", int RequiredApprovals = 1, bool DismissStaleApprovals = true);

internal sealed record NewPush(string Branch);

/// <summary>Repositories and what is pushed to them.</summary>
internal static class RepositoryCalls
{
    public static void Map(IEndpointRouteBuilder calls)
    {
        calls.MapPost("/repositories", AddAsync);
        calls.MapPost("/repositories/{org}/{name}/pushes", PushAsync);
    }

    /// <summary>The place of a repository follows from its name, so that nobody can name a place.</summary>
    private static async Task<IResult> AddAsync(HttpContext context, HubContext hub, ForgeOptions options, RepositoryReader repositories, CancellationToken cancellationToken)
    {
        var asked = await Asked.BodyAsync<NewRepository>(context, cancellationToken);
        Names.Check("org", asked.Org);
        Names.Check("name", asked.Name);
        Asked.Require(BranchReader.IsName(asked.DefaultBranch), "defaultBranch", asked.DefaultBranch, BranchReader.Allowed);
        Asked.Require(asked.RequiredApprovals is >= 0 and <= 20, "requiredApprovals", $"{asked.RequiredApprovals}", "0 to 20");
        var folder = Path.Combine(options.RepositoryRoot ?? throw new RefusedException(StatusCodes.Status409Conflict, "This forge was started without a folder of repositories."), asked.Org, asked.Name);
        try
        {
            var found = await repositories.OpenAsync(Directory.Exists(folder + ".git") ? folder + ".git" : folder, cancellationToken);
            hub.Add(new HubRepository
            {
                Org = asked.Org, Name = asked.Name, Path = found.GitDirectory, DefaultBranch = asked.DefaultBranch,
                RequiredApprovals = asked.RequiredApprovals, DismissStaleApprovals = asked.DismissStaleApprovals,
            });
        }
        catch (RepositoryNotFoundException)
        {
            throw new RefusedException(StatusCodes.Status404NotFound, $"There is no git repository {asked.Org}/{asked.Name} in the folder of this forge.");
        }

        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.Created($"/forge/repositories/{asked.Org}/{asked.Name}", asked);
    }

    private static async Task<IResult> PushAsync(string org, string name, HttpContext context, HubContext hub, Pushed pushed, CancellationToken cancellationToken)
    {
        var asked = await Asked.BodyAsync<NewPush>(context, cancellationToken);
        Asked.Require(BranchReader.IsName(asked.Branch), "branch", asked.Branch, BranchReader.Allowed);
        var answer = await pushed.EnqueueAsync(await hub.RepositoryAsync(org, name, cancellationToken), asked.Branch, cancellationToken);
        await hub.SaveChangesAsync(cancellationToken);
        return TypedResults.Accepted((string?)null, answer);
    }
}
