namespace BusJobs.IntegrationTests.Servers;

/// <summary>Where the servers are, as <c>tests/servers.sh env</c> prints it. Without it a test fails; it never skips.</summary>
internal static class ServerAddresses
{
    public static string Database => Read("BUSJOBS_DATABASE");

    public static Uri RabbitMq => new(Read("BUSJOBS_RABBITMQ"));

    public static Uri RabbitMqApi => new(Read("BUSJOBS_RABBITMQ_API"));

    public static string RabbitMqCtl => Read("BUSJOBS_RABBITMQCTL");

    public static string ServersScript => Read("BUSJOBS_SERVERS");

    public static string PgCtl => Read("BUSJOBS_PGCTL");

    private static string Read(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException(
                $"{name} is not set: run tests/run.sh, or 'tests/servers.sh up' and 'eval \"$(tests/servers.sh env)\"' before dotnet test.");
}
