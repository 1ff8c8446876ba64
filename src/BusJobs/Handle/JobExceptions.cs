namespace BusJobs;

/// <summary>Thrown by a handler when no later attempt can succeed. The job is dead at once, with this message as its reason.</summary>
public sealed class PermanentJobException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Thrown by a handler that cannot work now. The job runs again after the delay, with no attempt burnt.</summary>
/// <param name="delay">0 to 10 years; values outside are clamped.</param>
public sealed class SnoozeJobException(TimeSpan delay, string? message = null) : Exception(message ?? "Snoozed by its handler.")
{
    public TimeSpan Delay { get; } = TimeSpan.FromTicks(Math.Clamp(delay.Ticks, 0, Limits.MaxDelay.Ticks));
}
