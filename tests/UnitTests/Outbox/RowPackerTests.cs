using BusJobs.Outbox;
using BusJobs.Outbox.Model;
using BusJobs.Outbox.Relaying;
using BusJobs.UnitTests.Support;

namespace BusJobs.UnitTests.Outbox;

public sealed class RowPackerTests
{
    private readonly ManualClock clock = new();
    private long position;

    [Fact]
    public void Rows_keep_their_order_and_packs_their_limits()
    {
        var rows = Enumerable.Range(0, 25).Select(_ => Row(Job())).ToList();
        var packed = Packer(new OutboxOptions { MaxPack = 10 }).Pack(rows);
        Assert.Equal([10, 10, 5], packed.Packs.Select(pack => pack.Rows.Count));
        Assert.Equal(rows, packed.Packs.SelectMany(pack => pack.Rows));
        Assert.All(packed.Packs, pack => Assert.Equal(pack.Rows.Select(row => OutboxJson.Read(row.Job).Id), pack.Handover.Jobs.Select(job => job.Id)));
        Assert.Empty(packed.Misfits);
    }

    [Fact]
    public void A_pack_has_no_more_bytes_than_it_may_unless_one_job_has()
    {
        var rows = Enumerable.Range(0, 4).Select(_ => Row(Job(payload: $"\"{new string('x', 900)}\""))).ToList();
        Assert.Equal([1, 1, 1, 1], Packer(new OutboxOptions { MaxPackBytes = 1_024 }).Pack(rows).Packs.Select(pack => pack.Rows.Count));
        Assert.Equal([3, 1], Packer(new OutboxOptions { MaxPackBytes = 4_000 }).Pack(rows).Packs.Select(pack => pack.Rows.Count));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"id\":\"018f0000-aaaa-7bbb-8ccc-000000000001\",\"kind\":\"No Name\",\"queue\":\"mail\",\"payload\":{}}")]
    public void A_row_that_holds_no_job_is_left_out_with_a_reason_and_the_others_go(string bad)
    {
        var packed = Packer().Pack([Row(Job()), new OutboxEntry(77, bad, 1, TimeSpan.Zero), Row(Job())]);
        var misfit = Assert.Single(packed.Misfits);
        Assert.Equal(77, misfit.Position);
        Assert.StartsWith("it holds no job: ", misfit.Reason);
        Assert.Equal(2, Assert.Single(packed.Packs).Rows.Count);
    }

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    [InlineData(5, 160)]
    [InlineData(100, 3_600)]
    public void A_bad_row_stays_away_twice_as_long_each_time_up_to_an_hour(int tries, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Parking.Of(new OutboxEntry(1, "", tries, TimeSpan.Zero), "").Delay);

    [Fact]
    public void The_time_in_the_outbox_counts_against_delay_and_age()
    {
        var hour = TimeSpan.FromHours(1);
        Assert.Equal(hour * 2, Aged(new EnqueueOptions { Delay = hour * 3 }, age: hour).Delay);
        Assert.Null(Aged(new EnqueueOptions { Delay = hour }, age: hour * 2).Delay);

        Assert.Equal(hour, Aged(new EnqueueOptions { MaxAge = hour * 3 }, age: hour * 2).MaxAge);
        // Its age counts from when it was due.
        Assert.Equal(hour * 2, Aged(new EnqueueOptions { MaxAge = hour * 3, Delay = hour }, age: hour * 2).MaxAge);
        Assert.Equal(hour * 3, Aged(new EnqueueOptions { MaxAge = hour * 3, RunAt = clock.GetUtcNow() + hour }, age: hour * 2).MaxAge);
        // One that is too old goes all the same, and expires in the ledger, where it is counted.
        Assert.Equal(Limits.MinTimeout, Aged(new EnqueueOptions { MaxAge = hour }, age: hour * 2).MaxAge);
    }

    [Fact]
    public void A_jobs_keys_and_age_survive_the_outbox()
    {
        var unique = Unique.PerWindow("k", TimeWindow.Covering(clock.GetUtcNow(), clock.GetUtcNow().AddMinutes(1), TimeSpan.FromHours(1))) with { WhenRunning = WhenRunning.Drop };
        var job = NewJob.From("test.x", "mail", "{}", new EnqueueOptions { Unique = unique, SerialKey = "account-9", MaxAge = TimeSpan.FromHours(1) }, clock);
        var handed = Packer().Pack([Row(job)]).Packs[0].Handover.Jobs[0];
        Assert.Equal((unique, "account-9", TimeSpan.FromHours(1)), (handed.Unique, handed.SerialKey, handed.MaxAge));
    }

    private NewJob Aged(EnqueueOptions options, TimeSpan age) =>
        Packer().Pack([Row(NewJob.From("test.x", "mail", "{}", options, clock)) with { Age = age }]).Packs[0].Handover.Jobs[0];

    private RowPacker Packer(OutboxOptions? options = null) => new(options ?? new OutboxOptions(), Guid.CreateVersion7(clock.GetUtcNow()), clock);

    private NewJob Job(string payload = "{}") => NewJob.From("test.x", "mail", payload, options: null, clock);

    private OutboxEntry Row(NewJob job) => new(++position, OutboxJson.Write(job), 1, TimeSpan.Zero);
}
