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
catch (IOException exception) when (exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    await Console.Error.WriteLineAsync($"forge: {exception.Message.TrimEnd('.')}: choose another address with --urls.");
    return 2;
}
