using BusJobs.IntegrationTests.Servers;
using BusJobs.Wire;

namespace BusJobs.IntegrationTests.Worker;

[Collection(ServerFaults.Name)]
public sealed class BrokerRestartTests(RabbitFixture rabbit) : IClassFixture<RabbitFixture>
{
    [Fact]
    public async Task A_long_job_survives_a_short_absence_of_the_broker_and_holds_up_no_other()
    {
        await using var rig = await WorkerRig.StartAsync(rabbit.Address, bus: options => options.Lease = TimeSpan.FromMinutes(2));
        var job = WorkerRig.Job(new Probe("wait"));
        var dispatch = await rig.DispatchAsync(job);
        await rig.Signals.Started.WaitAsync();
        await Faults.StopRabbitAppAsync();
        await Faults.StartRabbitAppAsync();
        var other = await SendAsync(rig);
        Assert.Equal(Ending.Completed, Assert.Single((await rig.SettledAsync(other)).Values).Ending);
        rig.Signals.Release.SetResult();
        Assert.Equal(Ending.Completed, (await rig.SettledAsync(dispatch))[job.Id].Ending);
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_cancels_its_jobs_and_takes_new_ones_once_the_broker_is_back()
    {
        await using var rig = await WorkerRig.StartAsync(rabbit.Address, bus: options =>
        {
            options.Lease = TimeSpan.FromSeconds(3);
            options.BeatInterval = TimeSpan.FromSeconds(0.5);
        });
        await rig.DispatchAsync(WorkerRig.Job(new Probe("wait")));
        await rig.Signals.Started.WaitAsync();
        await Faults.StopRabbitAppAsync();
        await rig.Signals.Stopped.WaitAsync();
        Assert.False(rig.Health.IsReady);
        await Faults.StartRabbitAppAsync();
        var next = await SendAsync(rig);
        Assert.Equal(Ending.Completed, Assert.Single((await rig.SettledAsync(next)).Values).Ending);
        await Eventually.HoldsAsync(() => rig.Health.IsReady);
        // It says nothing of what it forgot, and what the broker delivers of it again is handed back.
        await rig.HandedBackAsync();
    }

    // The first send after the restart may find the connection still being made.
    private static async Task<Dispatch> SendAsync(WorkerRig rig)
    {
        Dispatch? sent = null;
        await Eventually.HoldsAsync(async () =>
        {
            sent = await rig.DispatchAsync(WorkerRig.Job(new Probe("ok")));
            return true;
        });
        return sent!;
    }
}
