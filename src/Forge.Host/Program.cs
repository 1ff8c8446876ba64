using System.ComponentModel.DataAnnotations;
using BusJobs;
using Forge.Host;
using Microsoft.Extensions.Options;

if (args is ["--help"] or ["-h"])
{
    Console.WriteLine(HostSettings.Usage);
    return 0;
}

try
{
    await ServiceHost.RunAsync(HostSettings.Read(args, Environment.GetEnvironmentVariable));
    return 0;
}
catch (Exception exception) when (exception is UsageException or JobRefusedException or OptionsValidationException or ValidationException or ArgumentException or FormatException)
{
    await Console.Error.WriteLineAsync($"forge: {exception.Message}");
    return 2;
}
