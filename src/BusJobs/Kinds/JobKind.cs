using System.Collections.Concurrent;
using System.Reflection;

namespace BusJobs;

/// <summary>What the attribute of a command says: its wire name and its queue. Read once per type.</summary>
public sealed record JobKind(string Name, string Queue)
{
    private static readonly ConcurrentDictionary<Type, JobKind> Known = new();

    /// <exception cref="JobRefusedException">The type carries no <see cref="JobKindAttribute"/>, or a name in it is not allowed.</exception>
    public static JobKind Of(Type command) => Known.GetOrAdd(command, Read);

    private static JobKind Read(Type command)
    {
        var attribute = command.GetCustomAttribute<JobKindAttribute>()
            ?? throw new JobRefusedException("kind", command.Name, "a command must carry [JobKind(\"a-stable-name\")]");
        return new JobKind(Names.Check("kind", attribute.Name), Names.CheckQueue(attribute.Queue));
    }
}
