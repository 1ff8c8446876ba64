namespace BusJobs;

/// <summary>
/// Gives a command its stable name on the wire and in the ledger. The name outlives renames of the class; it must match
/// <c>^[a-z0-9][a-z0-9._-]{0,62}$</c>, for example <c>forge.reindex-search</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = false)]
public sealed class JobKindAttribute(string name) : Attribute
{
    public string Name { get; } = name;

    /// <summary>Where jobs of this kind wait unless the caller names another queue. Default: <c>default</c>.</summary>
    public string Queue { get; set; } = Names.DefaultQueue;
}
