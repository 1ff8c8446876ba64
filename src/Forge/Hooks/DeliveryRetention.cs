using System.Data.Common;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Forge.Hooks;

/// <summary>Forgets deliveries that are older than they are kept: at once, and then each hour. Any number of processes may do so.</summary>
internal sealed partial class DeliveryRetention(IServiceScopeFactory scopes, HookOptions options, TimeProvider clock, ILogger<DeliveryRetention> logger) : BackgroundService
{
    private const int Page = 500;
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var pause = Period;
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is DbException or DbUpdateException or TimeoutException or InvalidOperationException && !stoppingToken.IsCancellationRequested)
            {
                // The tables may be made a moment later by the service that has the right to.
                pause = Patience;
                Failed(logger, pause, exception.Message);
            }

            await Task.Delay(pause, clock, stoppingToken);
        }
    }

    /// <returns>How many were removed. What is still on its way stays, however old.</returns>
    internal async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var hub = scope.ServiceProvider.GetRequiredService<HubContext>();
        var (removed, page) = (0, Page);
        while (page == Page)
        {
            var longAgo = clock.GetUtcNow() - options.Retention;
            var old = hub.Deliveries.Where(delivery => delivery.CreatedAt < longAgo && delivery.State != DeliveryState.Pending)
                .OrderBy(delivery => delivery.CreatedAt).Take(Page).Select(delivery => delivery.Id);
            page = await hub.Deliveries.Where(delivery => old.Contains(delivery.Id)).ExecuteDeleteAsync(cancellationToken);
            removed += page;
        }

        return removed;
    }

    [LoggerMessage(7000, LogLevel.Warning, "Old deliveries could not be removed; next try in {Delay}: {Reason}")]
    private static partial void Failed(ILogger logger, TimeSpan delay, string reason);
}
