using System.Diagnostics;

namespace BusJobs.IntegrationTests.Servers;

/// <summary>
/// Faults of a whole server, made from outside. They hit every test that runs, so a class that uses them belongs to the
/// collection <see cref="ServerFaults"/>.
/// </summary>
internal static class Faults
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>RabbitMQ stops, its process stays: clients lose their connections and are refused.</summary>
    public static Task StopRabbitAppAsync() => RunAsync(ServerAddresses.RabbitMqCtl, "stop_app");

    /// <summary>Returns when RabbitMQ takes clients again.</summary>
    public static async Task StartRabbitAppAsync()
    {
        await RunAsync(ServerAddresses.RabbitMqCtl, "start_app");
        await RunAsync(ServerAddresses.RabbitMqCtl, "await_startup");
    }

    public static Task PurgeQueueAsync(string vhost, string queue) => RabbitServer.PurgeQueueAsync(vhost, queue);

    public static Task DeleteVhostAsync(string vhost) => RabbitServer.DeleteVhostAsync(vhost);

    public static Task CreateVhostAsync(string vhost) => RabbitServer.CreateVhostAsync(vhost);

    /// <summary>Returns when PostgreSQL answers again; <c>immediate</c> is a crash, <c>fast</c> an orderly end.</summary>
    public static async Task RestartPostgresAsync(string mode = "fast")
    {
        await RunAsync(ServerAddresses.PgCtl, "restart", "-m", mode);
        await Eventually.HoldsAsync(async () =>
        {
            await PostgresServer.ExecuteAsync("select 1");
            return true;
        });
    }

    private static async Task RunAsync(string command, params string[] arguments)
    {
        // The output goes to files of the servers or nowhere: a server that is started here inherits the pipes, and
        // reading them to their end would wait for it.
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { UseShellExecute = false })
            ?? throw new InvalidOperationException($"{command} did not start");
        using var limit = new CancellationTokenSource(Limit);
        await process.WaitForExitAsync(limit.Token);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} ended with code {process.ExitCode}");
    }
}
