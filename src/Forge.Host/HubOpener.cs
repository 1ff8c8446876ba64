using System.Data.Common;
using Forge.Hub;
using Forge.Search;

namespace Forge.Host;

/// <summary>Makes the tables of the hub and the search index, and waits for their database if it is not up yet. Only who serves the API has the right to.</summary>
internal sealed partial class HubOpener(IServiceScopeFactory scopes, ISearchIndex index, TimeProvider clock, ILogger<HubOpener> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public bool IsOpen { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!IsOpen)
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                await HubSchema.MigrateAsync(scope.ServiceProvider.GetRequiredService<HubContext>(), stoppingToken);
                await index.MigrateAsync(stoppingToken);
                IsOpen = true;
            }
            catch (DbException exception) when (!stoppingToken.IsCancellationRequested)
            {
                Waiting(logger, exception.Message);
                await Task.Delay(Pause, clock, stoppingToken);
            }
        }
    }

    [LoggerMessage(7100, LogLevel.Information, "Waiting for the forge's database: {Reason}")]
    private static partial void Waiting(ILogger logger, string reason);
}
