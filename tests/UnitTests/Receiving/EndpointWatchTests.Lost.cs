namespace BusJobs.UnitTests.Receiving;

/// <summary>Connections that do not come back.</summary>
public sealed partial class EndpointWatchTests
{
    [Fact]
    public async Task A_consumer_from_before_the_connection_is_dead_although_MassTransit_calls_it_ready_and_gets_a_successor()
    {
        await using var watch = Watch();
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
        await using var watch = Watch();
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
        await using var watch = Watch();
        var endpoint = Endpoint();
        watch.Add(endpoint);
        _ = endpoint.StartAsync(CancellationToken.None);
        await observers[0].Ready(null!);

        // Out of memory: nothing is confirmed, and the consumers stay.
        opens = true;
        await FallSilentAsync(options.Lease * 2);
        Assert.Equal(TimeSpan.Zero, watch.CutOff);

        // Away: nobody gets a connection.
        opens = false;
        await observers[0].Stopping(null!);
        await FallSilentAsync(options.Lease * 2);
        Assert.Equal(TimeSpan.Zero, watch.CutOff);

        // Back, but not for this process; for so long the watch counts.
        opens = true;
        await FallSilentAsync(options.Lease * 2);
        Assert.InRange(watch.CutOff, options.Lease, options.Lease * 2);
        Assert.Single(observers);

        // The connection is there after all.
        watch.NoteConfirmed();
        clock.Advance(options.BeatInterval);
        await Task.Yield();
        Assert.Equal(TimeSpan.Zero, watch.CutOff);
    }

    [Fact]
    public async Task A_bus_whose_sends_are_given_up_for_two_leases_is_made_anew_where_the_broker_gives_connections_and_its_queues_get_new_consumers()
    {
        await using var watch = Watch();
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
    }

    private async Task FallSilentAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += options.BeatInterval)
        {
            clock.Advance(options.BeatInterval);
            await Task.Yield();
        }
    }
}
