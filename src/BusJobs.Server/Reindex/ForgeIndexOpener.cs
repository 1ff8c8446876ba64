using System.Data.Common;
using Forge.Search;

namespace BusJobs.Server.Reindex;

/// <summary>Whether the search index is there to be read and written.</summary>
internal sealed class ForgeIndexGate
{
    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsOpen => opened.Task.IsCompletedSuccessfully;

    public void Open() => opened.TrySetResult();

    public Task WaitAsync(CancellationToken cancellationToken) => opened.Task.WaitAsync(cancellationToken);
}

/// <summary>Brings the search index to this build's shape, and waits for its database if it is not up yet.</summary>
internal sealed partial class ForgeIndexOpener(ISearchIndex index, ForgeIndexGate gate, TimeProvider clock, ILogger<ForgeIndexOpener> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!gate.IsOpen)
        {
            try
            {
                await index.MigrateAsync(stoppingToken);
                gate.Open();
            }
            catch (DbException exception) when (!stoppingToken.IsCancellationRequested)
            {
                Waiting(logger, exception.Message);
                await Task.Delay(Pause, clock, stoppingToken);
            }
        }
    }

    [LoggerMessage(4000, LogLevel.Information, "Waiting for the search index's database: {Reason}")]
    private static partial void Waiting(ILogger logger, string reason);
}
