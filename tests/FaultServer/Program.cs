using BusJobs.FaultServer;
using Microsoft.Extensions.Hosting;

// A process that a test starts in order to kill it: the roles of BusJobs.Server with short times and jobs that leave marks.
using var host = FaultHost.Build(FaultSettings.Read(args, Environment.GetEnvironmentVariable));
await host.RunAsync();
