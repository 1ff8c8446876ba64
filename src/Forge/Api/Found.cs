using Forge.Hooks;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;

namespace Forge.Api;

/// <summary>Finds what a path names, within its repository, or says that it is not there.</summary>
internal static class Found
{
    extension(HubContext hub)
    {
        /// <exception cref="RefusedException">404.</exception>
        public async Task<HubRepository> RepositoryAsync(string org, string name, CancellationToken cancellationToken) =>
            await hub.Repositories.SingleOrDefaultAsync(repository => repository.Org == org && repository.Name == name, cancellationToken)
            ?? throw RefusedException.NotFound($"repository '{org}/{name}'");

        /// <inheritdoc cref="RepositoryAsync"/>
        public async Task<PullRequest> PullAsync(string org, string name, int number, CancellationToken cancellationToken) =>
            await hub.PullRequests.Include(pull => pull.Repository).Include(pull => pull.Mergeability).Include(pull => pull.Decision)
                .SingleOrDefaultAsync(pull => pull.Repository.Org == org && pull.Repository.Name == name && pull.Number == number, cancellationToken)
            ?? throw RefusedException.NotFound($"pull request {number} in '{org}/{name}'");

        /// <inheritdoc cref="RepositoryAsync"/>
        public async Task<HookEndpoint> EndpointAsync(string org, string name, Guid id, CancellationToken cancellationToken)
        {
            var repository = await hub.RepositoryAsync(org, name, cancellationToken);
            return await hub.Endpoints.SingleOrDefaultAsync(endpoint => endpoint.RepositoryId == repository.Id && endpoint.Id == id, cancellationToken)
                ?? throw RefusedException.NotFound($"webhook {id} in '{org}/{name}'");
        }
    }
}
