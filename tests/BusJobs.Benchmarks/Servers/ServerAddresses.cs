namespace BusJobs.Benchmarks.Servers;

/// <summary>Where the servers are, as <c>tests/servers.sh env</c> prints it.</summary>
internal sealed record ServerAddresses(string Database, Uri RabbitMq)
{
    /// <exception cref="ArgumentException">A variable is missing or malformed.</exception>
    public static ServerAddresses Read() => new(Read("BUSJOBS_DATABASE"), Uri.TryCreate(Read("BUSJOBS_RABBITMQ"), UriKind.Absolute, out var uri)
        ? uri
        : throw new ArgumentException("BUSJOBS_RABBITMQ is not an address such as amqp://user:password@host:5672/"));

    private static string Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
        ? value
        : throw new ArgumentException($"{name} is not set: run tests/servers.sh up, and then eval \"$(tests/servers.sh env)\" in this shell");
}
