namespace BusJobs.Coordinator.Dispatching;

/// <summary>Tells the dispatcher that there is room: settlements came, or a worker. Signals that come while nobody waits are kept as one.</summary>
internal sealed class Signal : IDisposable
{
    private readonly SemaphoreSlim raised = new(0, 1);

    public void Raise()
    {
        try
        {
            if (raised.CurrentCount == 0)
            {
                raised.Release();
            }
        }
        catch (SemaphoreFullException)
        {
            // Somebody else raised it in the same instant, which is as good.
        }
    }

    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => raised.WaitAsync(atMost, cancellationToken);

    public void Dispose() => raised.Dispose();
}
