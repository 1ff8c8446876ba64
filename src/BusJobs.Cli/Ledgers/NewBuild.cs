using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;

namespace BusJobs.Cli.Ledgers;

/// <summary>
/// The commands of a build, in a load context of its own, so that its dependencies and this program's do not meet. Only types that carry
/// <see cref="JobKindAttribute"/> are looked at, and nothing of a payload ever names a type.
/// </summary>
internal sealed class NewBuild : AssemblyLoadContext
{
    private readonly AssemblyDependencyResolver resolver;
    private readonly Dictionary<string, Type> commands;

    /// <exception cref="JobRefusedException">The file is no .NET assembly, has no commands, or two of one kind.</exception>
    public NewBuild(string path)
        : base(isCollectible: true)
    {
        var file = Path.GetFullPath(path);
        if (!File.Exists(file))
        {
            throw new JobRefusedException("--assembly", path, "a .dll that is there");
        }

        try
        {
            resolver = new AssemblyDependencyResolver(file);
            commands = Commands(LoadFromAssemblyPath(file)).ToDictionary(type => JobKind.Of(type).Name, StringComparer.Ordinal);
        }
        catch (Exception exception) when (exception is BadImageFormatException or FileLoadException or FileNotFoundException or InvalidOperationException)
        {
            throw new JobRefusedException("--assembly", path, $"a .NET assembly that can be loaded ({exception.Message.TrimEnd('.')})");
        }
        catch (ArgumentException exception) when (exception is not JobRefusedException)
        {
            throw new JobRefusedException("--assembly", path, "an assembly in which each kind is one command");
        }

        if (commands.Count == 0)
        {
            throw new JobRefusedException("--assembly", path, "an assembly with commands that carry [JobKind]");
        }
    }

    public IReadOnlyCollection<string> Kinds => commands.Keys;

    /// <returns>Why the payload cannot be read, or null when it can.</returns>
    public string? Fault(string kind, string payload)
    {
        try
        {
            PayloadJson.Read(payload, commands[kind]);
            return null;
        }
        catch (JsonException exception)
        {
            return exception.Message;
        }
        catch (Exception exception)
        {
            // Constructors and converters of the commands are code of others.
            return $"{exception.GetType().Name}: {exception.Message}";
        }
    }

    /// <summary>The contracts are this program's own, or no type would carry the attribute that is looked for.</summary>
    protected override Assembly? Load(AssemblyName assemblyName) =>
        assemblyName.Name != typeof(JobKindAttribute).Assembly.GetName().Name && resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;

    private static IEnumerable<Type> Commands(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes().Where(IsCommand);
        }
        catch (ReflectionTypeLoadException exception)
        {
            // What lacks a dependency here is no command that could be read.
            return exception.Types.OfType<Type>().Where(IsCommand);
        }
    }

    private static bool IsCommand(Type type) => type.GetCustomAttribute<JobKindAttribute>() is not null;
}
