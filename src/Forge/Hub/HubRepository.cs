namespace Forge.Hub;

/// <summary>A repository that the forge serves.</summary>
public sealed class HubRepository
{
    public long Id { get; private set; }

    /// <summary>Who it belongs to: the tenant of its jobs.</summary>
    public required string Org { get; init; }

    public required string Name { get; init; }

    /// <summary>The absolute git directory, or the work tree around it.</summary>
    public required string Path { get; init; }

    /// <summary>The one that is indexed and counted.</summary>
    public string DefaultBranch { get; set; } = "main";

    /// <summary>How many reviewers must have approved a pull request. Default: 1.</summary>
    public int RequiredApprovals { get; set; } = 1;

    /// <summary>Whether an approval is worth nothing once the branch has moved on. Default: true.</summary>
    public bool DismissStaleApprovals { get; set; } = true;

    /// <summary>For people.</summary>
    public override string ToString() => $"{Org}/{Name}";
}
