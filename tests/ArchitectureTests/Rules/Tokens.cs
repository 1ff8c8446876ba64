using System.Reflection;

namespace BusJobs.ArchitectureTests.Rules;

/// <summary>A CancellationToken is the last parameter and never optional, so that none is forgotten inside src.</summary>
internal static class Tokens
{
    /// <summary>The users' face, where a token is optional.</summary>
    private static readonly string[] Exempt = ["JobClientExtensions"];

    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Violations(IEnumerable<Type> types) =>
        from type in types
        where !Exempt.Contains(type.Name)
        from method in type.GetMembers(All).OfType<MethodBase>()
        where !method.Name.Contains('<', StringComparison.Ordinal)
        // The compiler's own, of every delegate.
        where !(method.Name == "BeginInvoke" && typeof(Delegate).IsAssignableFrom(type))
        let parameters = method.GetParameters()
        from parameter in parameters
        where parameter.ParameterType == typeof(CancellationToken)
        from fault in FaultsOf(parameter, parameters.Length)
        select $"{type.FullName}.{method.Name}: {fault}.";

    private static IEnumerable<string> FaultsOf(ParameterInfo parameter, int count)
    {
        if (parameter.Position != count - 1)
        {
            yield return $"the token '{parameter.Name}' is not the last parameter";
        }

        if (parameter.IsOptional)
        {
            yield return $"the token '{parameter.Name}' is optional";
        }
    }
}
