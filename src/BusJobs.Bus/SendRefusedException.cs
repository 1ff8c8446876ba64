namespace BusJobs.Bus;

/// <summary>The broker surely did not take the message: no queue is bound to its exchange, or the queue is full.</summary>
public sealed class SendRefusedException(string message, Exception innerException) : Exception(message, innerException)
{
    /// <summary>True when no queue is bound to the exchange, which a consumer that starts anew mends.</summary>
    public bool Unbound { get; init; }
}
