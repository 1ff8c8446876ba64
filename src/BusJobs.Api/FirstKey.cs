using System.Data.Common;
using BusJobs.Api.Access;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace BusJobs.Api;

/// <summary>
/// A ledger without a good API key gets its first one: by a link that is printed here, is good once, and can be followed on this machine only. Outside
/// Development nothing is open without a key; in Development nobody operates without one.
/// </summary>
internal sealed partial class FirstKey(
    ILedger ledger, IApiKeys keys, Sessions sessions, IServer server, IHostApplicationLifetime lifetime, TimeProvider clock,
    ILogger<FirstKey> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (lifetime.ApplicationStarted.Register(started.SetResult))
        {
            await started.Task.WaitAsync(stoppingToken);
        }

        if (!await HasKeyAsync(stoppingToken))
        {
            var address = NearAddress(server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://127.0.0.1:5080");
            await Console.Out.WriteLineAsync(
                $"  sign in {address}/signin?token={sessions.OfferLink()}\n          (makes the first API key; good once, for {Sessions.LinkLife.TotalMinutes:0} minutes, on this machine)");
        }
    }

    private async Task<bool> HasKeyAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await ledger.MigrateAsync(stoppingToken);
                return (await keys.KeysAsync(stoppingToken)).Any(key => key.IsGood(clock.GetUtcNow()));
            }
            catch (DbException exception) when (!stoppingToken.IsCancellationRequested)
            {
                Waiting(logger, exception.Message);
                await Task.Delay(Pause, clock, stoppingToken);
            }
        }
    }

    /// <summary>A server that listens everywhere listens on loopback, too.</summary>
    private static string NearAddress(string address)
    {
        var uri = new Uri(address.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal));
        return $"{uri.Scheme}://{(uri.IsLoopback ? uri.Host : "127.0.0.1")}:{uri.Port}";
    }

    [LoggerMessage(4002, LogLevel.Information, "Waiting for the ledger's database, to look for API keys: {Reason}")]
    private static partial void Waiting(ILogger logger, string reason);
}
