namespace BusJobs.Api.Input;

/// <summary>Names in a path.</summary>
internal static class RouteNames
{
    /// <exception cref="InputException">It breaks the rule of <see cref="Names"/>.</exception>
    public static string Check(string parameter, string name) => Names.IsAllowed(name)
        ? name
        : throw InputException.Refused(new Place(Parameter: parameter), parameter, name, Names.Allowed);
}
