namespace BusJobs.Bus;

/// <summary>The broker surely did not take the message: no queue is bound to its exchange, or the queue is full.</summary>
public sealed class SendRefusedException(string message, Exception innerException) : Exception(message, innerException);
