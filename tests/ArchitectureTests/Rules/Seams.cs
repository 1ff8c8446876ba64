namespace BusJobs.ArchitectureTests.Rules;

/// <summary>Interfaces only where two real implementations exist, or where users bring theirs.</summary>
internal static class Seams
{
    private static readonly Dictionary<string, int> Allowed = new(StringComparer.Ordinal)
    {
        ["ILedger"] = 2,
        ["IDispatchRules"] = 2,
        ["IApiKeys"] = 2,
        ["IJobClient"] = 2,
        ["IJobKeys"] = 2,
        ["IOutboxTable"] = 2,
        ["IScheduleStore"] = 2,
        ["IUpkeepStore"] = 2,
        ["IAuditTrail"] = 2,
        ["IDeadLetters"] = 2,
        ["ICheckup"] = 2,
        ["ISearchIndex"] = 2,
        // Implemented by whoever has a job to do.
        ["IJobHandler`1"] = 1,
    };

    public static IEnumerable<string> Violations(IReadOnlyCollection<Type> types)
    {
        foreach (var seam in types.Where(type => type.IsInterface))
        {
            var count = types.Count(type => type is { IsInterface: false, IsAbstract: false } && type.GetInterfaces().Any(one => Open(one) == seam));
            if (!Allowed.TryGetValue(seam.Name, out var least))
            {
                yield return $"{seam.FullName} ({count} implementations) is not on the list of seams.";
            }
            else if (count < least)
            {
                yield return $"{seam.FullName} has {count} implementations, and {least} are expected.";
            }
        }
    }

    private static Type Open(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;
}
