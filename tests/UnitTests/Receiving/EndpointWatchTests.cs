using System.Reflection;
using BusJobs.Bus;
using BusJobs.UnitTests.Support;
using MassTransit;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace BusJobs.UnitTests.Receiving;

/// <summary>Queues whose consumer MassTransit does not bring, and says nothing.</summary>
public sealed class EndpointWatchTests
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
        await using var watch = new EndpointWatch(options, _ => Task.FromResult(opens), ReplaceAsync, clock, log);
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
        await using var watch = new EndpointWatch(options, _ => Task.FromResult(opens), ReplaceAsync, clock, log);
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
        await using var watch = new EndpointWatch(options, _ => Task.FromResult(opens), ReplaceAsync, clock, log);
        var endpoint = Endpoint();
        watch.Add(endpoint);
        using var over = new CancellationTokenSource();
        var started = endpoint.StartAsync(over.Token);
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => started);

        await PassAsync(watch, options.Lease * 3);
        Assert.Single(observers);
    }

    [Fact]
    public async Task A_consumer_from_before_the_connection_is_dead_although_MassTransit_calls_it_ready_and_gets_a_successor()
    {
        await using var watch = new EndpointWatch(options, _ => Task.FromResult(opens), ReplaceAsync, clock, log);
        connect.Note();
        clock.Advance(options.BeatInterval);
        var endpoint = Endpoint();
        watch.Add(endpoint);
        _ = endpoint.StartAsync(CancellationToken.None);
        await observers[0].Ready(null!);
        await PassAsync(watch, options.Lease * 2);
        Assert.Equal((1, true), (observers.Count, endpoint.IsReady));

        connect.Note();
        clock.Advance(options.BeatInterval);
        Assert.False(endpoint.IsReady);
        await PassAsync(watch, options.Lease - (2 * options.BeatInterval));
        Assert.Single(observers);
        await PassAsync(watch, options.Lease);
        Assert.Equal(2, observers.Count);
        await observers[1].Ready(null!);
        Assert.True(endpoint.IsReady);
    }

    [Fact]
    public async Task A_consumer_that_MassTransit_brings_over_to_the_new_connection_is_left_alone_whether_or_not_it_told_of_the_old_ones_end()
    {
        await using var watch = new EndpointWatch(options, _ => Task.FromResult(opens), ReplaceAsync, clock, log);
        var endpoint = Endpoint();
        watch.Add(endpoint);
        _ = endpoint.StartAsync(CancellationToken.None);
        await observers[0].Ready(null!);
        foreach (var tells in new[] { true, false })
        {
            clock.Advance(options.BeatInterval);
            await (tells ? observers[0].Completed(null!) : Task.CompletedTask);
            connect.Note();
            clock.Advance(options.BeatInterval);
            Assert.False(endpoint.IsReady);
            await observers[0].Ready(null!);
            Assert.True(endpoint.IsReady);
            await PassAsync(watch, options.Lease * 2);
        }

        Assert.Single(observers);
    }

    [Fact]
    public async Task A_connection_is_lost_for_good_when_the_broker_gives_others_and_no_queue_has_a_consumer()
    {
        await using var watch = new EndpointWatch(options, _ => Task.FromResult(opens), ReplaceAsync, clock, log);
        var endpoint = Endpoint();
        watch.Add(endpoint);
        _ = endpoint.StartAsync(CancellationToken.None);
        await observers[0].Ready(null!);

        // Out of memory: nothing is confirmed, and the consumers stay.
        opens = true;
        await FallSilentAsync();
        Assert.Equal(TimeSpan.Zero, watch.CutOff);

        // Away: nobody gets a connection.
        opens = false;
        await observers[0].Stopping(null!);
        await FallSilentAsync();
        Assert.Equal(TimeSpan.Zero, watch.CutOff);

        // Back, but not for this process; for so long the watch counts.
        opens = true;
        await FallSilentAsync();
        Assert.InRange(watch.CutOff, options.Lease, options.Lease * 2);
        Assert.Single(observers);

        // The connection is there after all.
        watch.NoteConfirmed();
        clock.Advance(options.BeatInterval);
        await Task.Yield();
        Assert.Equal(TimeSpan.Zero, watch.CutOff);

        async Task FallSilentAsync()
        {
            for (var passed = TimeSpan.Zero; passed < options.Lease * 2; passed += options.BeatInterval)
            {
                clock.Advance(options.BeatInterval);
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task A_bus_whose_sends_are_given_up_for_two_leases_is_made_anew_where_the_broker_gives_connections_and_its_queues_get_new_consumers()
    {
        await using var watch = new EndpointWatch(options, _ => Task.FromResult(opens), ReplaceAsync, clock, log);
        var (endpoint, left) = (Endpoint(), Endpoint());
        watch.Add(endpoint);
        watch.Add(left);
        _ = endpoint.StartAsync(CancellationToken.None);
        _ = left.StartAsync(CancellationToken.None);
        await observers[0].Ready(null!);
        await observers[1].Ready(null!);
        await left.StopAsync(CancellationToken.None);

        // Nobody sends, and nothing is amiss.
        opens = true;
        await FallSilentAsync(options.Lease * 5);
        Assert.Equal(0, replaced);

        // The broker is away.
        opens = false;
        watch.NoteUnconfirmed();
        await FallSilentAsync(options.Lease * 5);
        Assert.Equal(0, replaced);

        // It is back, and MassTransit calls its consumers ready.
        opens = true;
        await FallSilentAsync(options.BeatInterval);
        Assert.Equal((1, 3), (replaced, observers.Count));
        await observers[2].Ready(null!);
        Assert.True(endpoint.IsReady);

        // A word from the broker, and all is well.
        watch.NoteConfirmed();
        watch.NoteUnconfirmed();
        await FallSilentAsync(options.Lease * 2);
        Assert.Equal(1, replaced);

        async Task FallSilentAsync(TimeSpan time)
        {
            for (var passed = TimeSpan.Zero; passed < time; passed += options.BeatInterval)
            {
                clock.Advance(options.BeatInterval);
                await Task.Yield();
            }
        }
    }

    private Task ReplaceAsync(CancellationToken cancellationToken)
    {
        replaced++;
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
