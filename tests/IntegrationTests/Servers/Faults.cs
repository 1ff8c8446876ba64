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

    /// <summary>The whole process ends at once, as in a power cut.</summary>
    public static Task KillRabbitAsync() => RunAsync(ServerAddresses.ServersScript, "kill-rabbit");

    /// <summary>Starts a killed RabbitMQ; returns when it takes clients.</summary>
    public static Task StartRabbitAsync() => RunAsync(ServerAddresses.ServersScript, "start-rabbit");

    /// <summary>All connections to one virtual host; its clients may connect again at once.</summary>
    public static Task CloseConnectionsAsync(string vhost) =>
        RunAsync(ServerAddresses.RabbitMqCtl, "close_all_connections", "--vhost", vhost, "a test says so");

    /// <summary>While the alarm lasts, RabbitMQ reads nothing from connections that publish.</summary>
    public static Task RaiseMemoryAlarmAsync() => RunAsync(ServerAddresses.RabbitMqCtl, "set_vm_memory_high_watermark", "0.00001");

    public static Task EndMemoryAlarmAsync() => RunAsync(ServerAddresses.RabbitMqCtl, "set_vm_memory_high_watermark", "absolute", "2GB");

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
