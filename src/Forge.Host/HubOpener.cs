using System.Data.Common;
using Forge.Hub;
using Forge.Search;

namespace Forge.Host;

/// <summary>
/// Makes the tables of the hub and the search index, and waits for their database if it is not up yet. Only who serves the API has the right to. The first try
/// is part of the start, so that what is started after this finds its tables.
/// </summary>
internal sealed partial class HubOpener(IServiceScopeFactory scopes, ISearchIndex index, TimeProvider clock, ILogger<HubOpener> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public bool IsOpen { get; private set; }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await TryAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!IsOpen)
        {
            await Task.Delay(Pause, clock, stoppingToken);
            await TryAsync(stoppingToken);
        }
    }

    private async Task TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await HubSchema.MigrateAsync(scope.ServiceProvider.GetRequiredService<HubContext>(), cancellationToken);
            await index.MigrateAsync(cancellationToken);
            IsOpen = true;
        }
        catch (DbException exception) when (!cancellationToken.IsCancellationRequested)
        {
            Waiting(logger, exception.Message);
        }
    }

    [LoggerMessage(7100, LogLevel.Information, "Waiting for the forge's database: {Reason}")]
    private static partial void Waiting(ILogger logger, string reason);
}
