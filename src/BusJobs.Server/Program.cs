using System.ComponentModel.DataAnnotations;
using BusJobs;
using BusJobs.Server;
using Forge.Git;
using Microsoft.Extensions.Options;

try
{
    return CommandLine.Read(args, Environment.GetEnvironmentVariable) is { } options ? await ServerHost.RunAsync(options) : 0;
}
catch (Exception exception) when (exception is UsageException or JobRefusedException or OptionsValidationException or ValidationException
    or RepositoryNotFoundException or GitFailedException)
{
    await Console.Error.WriteLineAsync($"busjobs: {exception.Message}");
    return 2;
}
catch (IOException exception) when (exception.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    await Console.Error.WriteLineAsync($"busjobs: {exception.Message.TrimEnd('.')}: choose another address with --urls.");
    return 2;
}
