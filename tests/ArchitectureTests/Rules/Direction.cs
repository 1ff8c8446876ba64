namespace BusJobs.ArchitectureTests.Rules;

/// <summary>Who may know whom. A project that is not listed has no place yet.</summary>
internal static class Direction
{
    private static readonly Dictionary<string, string[]> May = new(StringComparer.Ordinal)
    {
        ["BusJobs"] = [],
        ["BusJobs.Bus"] = ["BusJobs"],
        ["BusJobs.Worker"] = ["BusJobs", "BusJobs.Bus"],
        ["BusJobs.Outbox"] = ["BusJobs", "BusJobs.Bus"],
        ["BusJobs.Ledger"] = ["BusJobs"],
        ["BusJobs.Coordinator"] = ["BusJobs", "BusJobs.Bus", "BusJobs.Ledger"],
        ["BusJobs.Scheduling"] = ["BusJobs", "BusJobs.Bus", "BusJobs.Ledger", "BusJobs.Coordinator"],
        ["BusJobs.Api"] = ["BusJobs", "BusJobs.Bus", "BusJobs.Ledger", "BusJobs.Coordinator", "BusJobs.Scheduling"],
        ["BusJobs.Cli"] = ["BusJobs", "BusJobs.Ledger"],
        ["Forge"] = ["BusJobs", "BusJobs.Worker", "BusJobs.Outbox"],
        ["Forge.Host"] = ["BusJobs", "BusJobs.Bus", "BusJobs.Worker", "BusJobs.Ledger", "BusJobs.Coordinator", "BusJobs.Scheduling", "BusJobs.Api", "Forge", "Forge.Pages"],
        ["Forge.Pages"] = ["BusJobs", "BusJobs.Ledger", "BusJobs.Api", "Forge"],
        ["BusJobs.Server"] = ["BusJobs", "BusJobs.Bus", "BusJobs.Worker", "BusJobs.Ledger", "BusJobs.Coordinator", "BusJobs.Scheduling", "BusJobs.Api", "Forge", "Forge.Pages"],
    };

    /// <param name="known">What the project refers to: other names than those of BusJobs' own projects do not matter.</param>
    public static IEnumerable<string> Violations(string project, IEnumerable<string> known) => May.TryGetValue(project, out var may)
        ? known.Where(other => IsOurs(other) && !may.Contains(other)).Select(other => $"{project} must not refer to {other}.")
        : [$"{project} has no place in the direction of dependencies."];

    private static bool IsOurs(string name) => name is "Forge" or "Forge.Host" or "Forge.Pages" or "BusJobs" || name.StartsWith("BusJobs.", StringComparison.Ordinal);
}
