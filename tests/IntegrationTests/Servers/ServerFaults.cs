namespace BusJobs.IntegrationTests.Servers;

/// <summary>Classes that stop a shared server run alone: <c>[Collection(ServerFaults.Name)]</c>.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ServerFaults
{
    public const string Name = "Faults of the servers";
}
