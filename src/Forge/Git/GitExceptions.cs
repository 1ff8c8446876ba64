using BusJobs;

namespace Forge.Git;

/// <summary>There is no repository at the path: waiting will not bring one.</summary>
public sealed class RepositoryNotFoundException(string message) : Exception(message)
{
    internal PermanentJobException AsPermanent(string repository) => new($"Repository '{repository}' is gone: {Message}", this);
}

/// <summary>Git ran and failed, or took too long. A later run may succeed.</summary>
public sealed class GitFailedException(string message, Exception? innerException = null) : Exception(message, innerException);
