using System.Reflection;
using BusJobs.Bus;
using BusJobs.UnitTests.Support;
using MassTransit;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace BusJobs.UnitTests.Receiving;

/// <summary>Queues whose consumer MassTransit does not bring, and says nothing.</summary>
public sealed partial class EndpointWatchTests
{
    private readonly ManualClock clock = new();
    private readonly BusOptions options = new();
    private readonly ListLogger<EndpointWatch> log = new();
    private readonly List<IReceiveEndpointObserver> observers = [];
    private readonly LastConnect connect;
    private bool opens;
    private int replaced;

    public EndpointWatchTests() => connect = new LastConnect(clock);

    [Fact]
    public async Task A_queue_whose_very_first_try_hangs_gets_a_consumer_after_a_lease()
    {
        await using var watch = Watch();
        var endpoint = Endpoint();
        watch.Add(endpoint);
        var started = endpoint.StartAsync(CancellationToken.None);
        Assert.Single(observers);

        await PassAsync(watch, options.Lease + (2 * options.BeatInterval));
        Assert.Equal((2, false), (observers.Count, started.IsCompleted));
        await observers[1].Ready(null!);
        await started.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(endpoint.IsReady);
    }

    [Fact]
    public async Task A_queue_that_the_broker_refuses_again_and_again_is_left_to_MassTransit_until_that_falls_silent()
    {
        await using var watch = Watch();
        var endpoint = Endpoint();
        watch.Add(endpoint);
        var started = endpoint.StartAsync(CancellationToken.None);
        for (var tries = 0; tries < 10; tries++)
        {
            await observers[0].Faulted(new Fault());
            await PassAsync(watch, options.Lease / 2);
        }

        Assert.Single(observers);
        await PassAsync(watch, options.Lease);
        Assert.Equal((2, false), (observers.Count, started.IsCompleted));
    }

    [Fact]
    public async Task A_start_that_was_given_up_is_not_watched()
    {
        await using var watch = Watch();
        var endpoint = Endpoint();
        watch.Add(endpoint);
        using var over = new CancellationTokenSource();
        var started = endpoint.StartAsync(over.Token);
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => started);

        await PassAsync(watch, options.Lease * 3);
        Assert.Single(observers);
    }

    private EndpointWatch Watch() => new(options, _ => Task.FromResult(opens), ReplaceAsync, clock, log);

    private Task ReplaceAsync(CancellationToken cancellationToken)
    {
        replaced++;
        connect.Note();
        return Task.CompletedTask;
    }

    private async Task PassAsync(EndpointWatch watch, TimeSpan time)
    {
        // The broker confirms all the while.
        watch.NoteConfirmed();
        clock.Advance(time - options.BeatInterval);
        watch.NoteConfirmed();
        clock.Advance(options.BeatInterval);
        await Task.Yield();
    }

    private JobEndpoint Endpoint() => new("q", clock, new Refusals(log), () => connect.At, observer =>
    {
        observers.Add(observer);
        return DispatchProxy.Create<HostReceiveEndpointHandle, HungHandle>();
    });

    private sealed class Fault : ReceiveEndpointFaulted
    {
        public Exception Exception { get; } = new OperationInterruptedException(new ShutdownEventArgs(ShutdownInitiator.Peer, 403, "ACCESS_REFUSED"));

        public Uri InputAddress => null!;

        public IReceiveEndpoint ReceiveEndpoint => null!;
    }

    /// <summary>An endpoint that never becomes ready.</summary>
    private class HungHandle : DispatchProxy
    {
        private readonly TaskCompletionSource<ReceiveEndpointReady> never = new();

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.ReturnType == typeof(Task) ? Task.CompletedTask : never.Task;
    }
}
