namespace BusJobs.Server;

/// <summary>Something the person at the keyboard can mend: shown as one line, exit code 2.</summary>
public sealed class UsageException(string message, Exception? innerException = null) : Exception(message, innerException);
