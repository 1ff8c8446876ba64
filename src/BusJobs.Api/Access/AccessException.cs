namespace BusJobs.Api.Access;

/// <summary>Why a caller was not let in, other than for want of a scope.</summary>
/// <param name="status">401, 403 or 429.</param>
/// <param name="retryAfter">Set with 429.</param>
internal sealed class AccessException(int status, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    public int Status => status;
    public TimeSpan? RetryAfter => retryAfter;
}
