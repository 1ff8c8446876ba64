namespace BusJobs.Api.Dashboard.Shell;

/// <summary>
/// An entry of the dashboard's navigation. A host adds its own pages by registering a place, mapping the endpoint with <see cref="Pages.AsPage"/>, and answering with
/// <see cref="Pages.PageAsync"/>: a component with the parameters <c>Frame</c> and <c>Model</c>, inside a <see cref="Parts.Shell"/>.
/// </summary>
/// <param name="Path">With a leading slash; pages below it belong to the same entry.</param>
/// <param name="Name">What the entry is called.</param>
/// <param name="AllTenants">Whether it is left out for keys that are bound to a tenant.</param>
public sealed record DashboardPlace(string Path, string Name, bool AllTenants);
