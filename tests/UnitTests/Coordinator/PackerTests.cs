using System.Text;
using BusJobs.Coordinator;
using BusJobs.Coordinator.Dispatching;
using BusJobs.Ledger;
using BusJobs.UnitTests.Support;
using BusJobs.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace BusJobs.UnitTests.Coordinator;

public sealed class PackerTests
{
    private readonly Pace pace = new();
    private readonly CoordinatorOptions options = new();

    [Fact]
    public void Jobs_keep_their_order_and_kinds_travel_apart()
    {
        Know("a", milliseconds: 0.1);
        Know("b", milliseconds: 0.1);
        ClaimedJob[] jobs = [Job("a"), Job("b"), Job("a"), Job("b"), Job("a")];
        var packed = Pack(jobs);
        Assert.Empty(packed.Misfits);
        Assert.Equal(["a", "b"], packed.Dispatches.Select(dispatch => dispatch.Kind));
        Assert.Equal(Ids(jobs, "a"), packed.Dispatches[0].Jobs.Select(job => job.Id));
        Assert.Equal(Ids(jobs, "b"), packed.Dispatches[1].Jobs.Select(job => job.Id));
    }

    [Theory]
    [InlineData(0.1, 250)]
    [InlineData(1, 50)]
    [InlineData(10, 5)]
    [InlineData(60_000, 1)]
    public void A_pack_holds_as_many_jobs_as_keep_a_slot_busy_for_the_pack_time(double milliseconds, int size)
    {
        Know("a", milliseconds);
        var packed = Pack([.. Enumerable.Range(0, 500).Select(_ => Job("a"))]);
        Assert.All(packed.Dispatches, dispatch => Assert.Equal(size, dispatch.Jobs.Count));
    }

    [Fact]
    public void A_kind_of_which_nothing_is_known_travels_in_small_packs() =>
        Assert.All(Pack([.. Enumerable.Range(0, 10).Select(_ => Job("new"))]).Dispatches, dispatch => Assert.Equal(2, dispatch.Jobs.Count));

    [Fact]
    public void Suspects_travel_alone()
    {
        Know("a", milliseconds: 0.1);
        var packed = Pack([.. Enumerable.Range(0, 10).Select(_ => Job("a"))], most: 1);
        Assert.Equal(10, packed.Dispatches.Count);
        Assert.All(packed.Dispatches, dispatch => Assert.Single(dispatch.Jobs));
    }

    [Fact]
    public void A_pack_ends_before_its_bytes_exceed_the_limit()
    {
        Know("a", milliseconds: 0.1);
        options.MaxPackBytes = 1_024;
        var packed = Pack([.. Enumerable.Range(0, 10).Select(_ => Job("a", Text(400)))]);
        Assert.Empty(packed.Misfits);
        Assert.All(packed.Dispatches, dispatch => Assert.Equal(2, dispatch.Jobs.Count));
    }

    public static TheoryData<string, string> Misfits => new()
    {
        { "{\"a\":", "one JSON value" },
        { "{}x", "one JSON value" },
        { "", "one JSON value" },
        { new string('[', 33) + new string(']', 33), "32 levels" },
        { "\"\\u0000\"", "no \\u0000" },
        { "\"\\ud800\"", "no lone surrogate" },
        { Text(Limits.MaxPayloadBytes + 1), "at most 262,144 bytes" },
        { Text(2 * 1_024 * 1_024), "exceeds the pack limit" },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void What_could_spoil_a_pack_is_left_out_with_a_reason_and_its_mates_travel(string payload, string reason)
    {
        Know("a", milliseconds: 0.1);
        var bad = Job("a", payload);
        var packed = Pack([Job("a"), bad, Job("a")]);
        var misfit = Assert.Single(packed.Misfits);
        Assert.Equal(bad.Job.Id, misfit.JobId);
        Assert.Contains(reason, misfit.Reason);
        Assert.True(misfit.Reason.Length < 300);
        Assert.Equal(2, Assert.Single(packed.Dispatches).Jobs.Count);
    }

    [Fact]
    public void A_misfit_is_parked_for_longer_each_time_and_never_for_more_than_an_hour()
    {
        var delays = Enumerable.Range(0, 40).Select(parks => Pack([Job("a", "{", parks)]).Misfits[0].Delay).ToList();
        Assert.Equal(TimeSpan.FromSeconds(10), delays[0]);
        Assert.Equal(delays.Order(), delays);
        Assert.Equal(TimeSpan.FromHours(1), delays[^1]);
    }

    [Fact]
    public void Jobs_of_a_key_that_follow_one_another_stay_in_one_pack()
    {
        Know("a", milliseconds: 1);
        var jobs = Enumerable.Range(0, 200).Select(number => number % 20 == 0 ? Job("a") : Following(Job("a"))).ToArray();
        var packed = Pack(jobs);
        Assert.Empty(packed.Misfits);
        Assert.Equal(Ids(jobs, "a"), packed.Dispatches.SelectMany(dispatch => dispatch.Jobs).Select(job => job.Id));
        // Room for 50, in chains of 20.
        Assert.All(packed.Dispatches, dispatch => Assert.Equal((false, 0), (dispatch.Jobs[0].Follows, dispatch.Jobs.Count % 20)));
        Assert.Equal(60, packed.Dispatches[0].Jobs.Count);
    }

    [Fact]
    public void Behind_a_misfit_of_their_key_others_wait_a_moment()
    {
        Know("a", milliseconds: 0.1);
        ClaimedJob[] jobs = [Job("a"), Following(Job("a", "{")), Following(Job("a")), Following(Job("a")), Job("a"), Job("a", "{"), Following(Job("a"))];
        var packed = Pack(jobs);
        Assert.Equal([jobs[0].Job.Id, jobs[4].Job.Id], Assert.Single(packed.Dispatches).Jobs.Select(job => job.Id));
        Assert.Equal([10, 1, 1, 10, 1], packed.Misfits.Select(misfit => misfit.Delay.TotalSeconds));
    }

    [Theory]
    [InlineData(0.1, 50)]
    [InlineData(10, 10)]
    [InlineData(60, 1)]
    [InlineData(60_000, 1)]
    public void Jobs_of_a_key_travel_together_as_far_as_they_take_no_longer_than_two_packs(double milliseconds, int length)
    {
        Know("a", milliseconds);
        Assert.Equal(length, new Packer(options, pace, new ManualClock()).ChainOf("a"));
    }

    [Fact]
    public void Nothing_claimed_is_nothing_packed() => Assert.Empty(Pack([]).Dispatches);

    [Fact]
    public void Every_claimed_job_ends_in_exactly_one_dispatch_or_misfit()
    {
        var sizes = Gen.OneOf(Gen.Choose(2, 60), Gen.Choose(200, 1_100));
        var payload = Gen.Frequency((8, sizes.Select(Text)), (1, Gen.Constant("{")), (1, Gen.Constant("\"\\u0000\"")));
        var single = Gen.Elements("a", "b", "c").SelectMany(kind => payload.Select(text => (ClaimedJob[])[Job(kind, text)]));
        var chain = payload.NonEmptyListOf().Select(texts => texts.Select((text, place) => place == 0 ? Job("b", text) : Following(Job("b", text))).ToArray());
        var claims = Gen.Frequency((3, single), (1, chain)).ArrayOf()
            .SelectMany(groups => Gen.Choose(1, 100).Select(most => (jobs: groups.SelectMany(group => group).ToArray(), most)));
        Know("a", milliseconds: 0.1);
        Know("b", milliseconds: 7);
        options.MaxPackBytes = 1_024;
        Prop.ForAll(claims.ToArbitrary(), claim =>
        {
            var packed = Pack(claim.jobs, claim.most);
            var ended = packed.Dispatches.SelectMany(dispatch => dispatch.Jobs).Select(one => one.Id).Concat(packed.Misfits.Select(misfit => misfit.JobId));
            return ended.Order().SequenceEqual(claim.jobs.Select(one => one.Job.Id).Order())
                && packed.Dispatches.All(dispatch => dispatch.Jobs.Count(one => !one.Follows) <= claim.most && !dispatch.Jobs[0].Follows && dispatch.Sequence == 0)
                && packed.Dispatches.All(dispatch => dispatch.Jobs.Sum(one => Encoding.UTF8.GetByteCount(one.Payload)) <= options.MaxPackBytes)
                && packed.Dispatches.All(dispatch => InOrder(dispatch, claim.jobs))
                && packed.Dispatches.Select(dispatch => dispatch.Id).Distinct().Count() == packed.Dispatches.Count;
        }).QuickCheckThrowOnFailure();
    }

    private static bool InOrder(Dispatch dispatch, ClaimedJob[] claimed)
    {
        var places = dispatch.Jobs.Select(job => Array.FindIndex(claimed, one => one.Job.Id == job.Id)).ToList();
        return places.SequenceEqual(places.Order()) && places.All(place => claimed[place].Kind == dispatch.Kind);
    }

    private static IEnumerable<Guid> Ids(IEnumerable<ClaimedJob> jobs, string kind) => jobs.Where(job => job.Kind == kind).Select(job => job.Job.Id);

    private static string Text(int bytes) => "\"" + new string('x', Math.Max(0, bytes - 2)) + "\"";

    private static ClaimedJob Job(string kind, string payload = "{}", int parks = 0) =>
        new(kind, new DispatchedJob { Id = Guid.CreateVersion7(DateTimeOffset.UnixEpoch), Fence = 1, Attempt = 1, Payload = payload }, parks);

    private static ClaimedJob Following(ClaimedJob job) => job with { Job = job.Job with { Follows = true } };

    private void Know(string kind, double milliseconds) => pace.Note(kind, "mail", milliseconds, 1_000);

    private Packed Pack(ClaimedJob[] jobs, int most = int.MaxValue) => new Packer(options, pace, new ManualClock()).Pack("mail", jobs, most);
}
