using System.Net;
using System.Net.Sockets;
using Forge.Hooks.Wire;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Hooks;

/// <summary>What a name resolves to is judged when the connection is made, and the connection goes where was judged.</summary>
public sealed class GuardTests
{
    [Fact]
    public async Task Nothing_is_sent_to_the_inside_without_leave()
    {
        await using var receiver = new Receiver(Receiver.Answer(200));
        await using var story = await HookStory.StartAsync(receiver, with: hooks => hooks.AllowedNetworks = []);
        Assert.Equal("'127.0.0.1' has the address 127.0.0.1, which is not public: loopback.", await FaultAsync(story));
        Assert.Equal(0, receiver.Connections);
    }

    [Fact]
    public async Task A_port_that_was_allowed_once_is_refused_when_it_is_no_more()
    {
        await using var receiver = new Receiver(Receiver.Answer(200));
        await using var story = await HookStory.StartAsync(receiver, with: hooks => hooks.AllowedPorts = [443]);
        Assert.Equal($"Port {receiver.Port} is not allowed.", await FaultAsync(story));
        Assert.Equal(0, receiver.Connections);
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("fd00:ec2::254")]
    public async Task One_address_of_the_inside_among_others_is_enough_to_refuse(string inside)
    {
        await using var receiver = new Receiver(Receiver.Answer(200));
        await using var story = await StartAsync(receiver, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback, IPAddress.Parse(inside)]));
        Assert.Contains("which is not public", await FaultAsync(story), StringComparison.Ordinal);
        Assert.Equal(0, receiver.Connections);
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("64:ff9b::a00:1")]
    [InlineData("2002:a00:1::")]
    public async Task A_public_name_of_an_address_of_the_inside_is_refused(string inside)
    {
        await using var receiver = new Receiver(Receiver.Answer(200));
        await using var story = await StartAsync(receiver, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(inside)]));
        Assert.StartsWith($"'hook.example.org' has the address {inside}, which is not public", await FaultAsync(story), StringComparison.Ordinal);
        Assert.Equal(0, receiver.Connections);
    }

    [Fact]
    public async Task A_name_is_judged_anew_for_each_try()
    {
        var asked = 0;
        await using var receiver = new Receiver(Receiver.Answer(200));
        await using var story = await StartAsync(receiver, (_, _) => Task.FromResult<IPAddress[]>([asked++ == 0 ? IPAddress.Loopback : IPAddress.Parse("10.0.0.1")]));
        Assert.Null(await FaultAsync(story));
        Assert.Contains("which is not public: private", await FaultAsync(story), StringComparison.Ordinal);
        Assert.Equal((2, 1), (asked, receiver.Connections));
    }

    [Fact]
    public async Task A_name_that_nobody_knows_is_a_failed_try()
    {
        await using var receiver = new Receiver(Receiver.Answer(200));
        await using var story = await StartAsync(receiver, (_, _) => throw new SocketException((int)SocketError.HostNotFound));
        Assert.Equal("The receiver cannot be reached: HostNotFound.", await FaultAsync(story));
    }

    [Fact]
    public async Task An_answer_that_changes_between_check_and_connect_changes_nothing()
    {
        var asked = 0;
        await using var receiver = new Receiver(Receiver.Answer(200));
        await using var story = await StartAsync(receiver, (_, _) => Task.FromResult<IPAddress[]>([asked++ == 0 ? IPAddress.Loopback : IPAddress.Parse("10.0.0.1")]));
        Assert.Null(await FaultAsync(story));
        Assert.Equal(1, asked);
        Assert.Equal($"hook.example.org:{receiver.Port}", receiver.Requests[0]["host"]);
    }

    [Fact]
    public async Task A_name_without_an_address_is_a_failed_try()
    {
        await using var receiver = new Receiver(Receiver.Answer(200));
        await using var story = await StartAsync(receiver, (_, _) => Task.FromResult<IPAddress[]>([]));
        Assert.Equal("'hook.example.org' has no address.", await FaultAsync(story));
    }

    [Fact]
    public async Task A_resolver_that_hangs_is_waited_for_five_seconds()
    {
        await using var receiver = new Receiver(Receiver.Answer(200));
        var asked = new TaskCompletionSource<int>();
        HookStory? running = null;
        await using var story = running = await StartAsync(receiver, async (_, token) =>
        {
            asked.SetResult(running!.Hub.Clock.Alarms);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return [];
        });
        var job = await story.PushAsync();
        var run = story.RunAsync(job);
        var alarms = await asked.Task;
        // The wait is armed after the question was asked.
        await Servers.Eventually.HoldsAsync(() => story.Hub.Clock.Alarms > alarms);
        // Another alarm may have come in between; a second step ends the wait then, and not yet the whole try.
        for (var step = 0; step < 2 && !run.IsCompleted; step++)
        {
            story.Hub.Clock.Advance(TimeSpan.FromSeconds(5));
            await Task.WhenAny(run, Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System));
        }

        await run.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("'hook.example.org' was not resolved within 5 s.", Assert.Single((await story.FindAsync(job)).Tries).Fault);
    }

    [Fact]
    public async Task An_address_where_nobody_listens_is_a_failed_try()
    {
        await using var receiver = new Receiver(Receiver.Answer(200));
        await using var story = await StartAsync(receiver, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.9")]));
        Assert.Equal("The receiver cannot be reached: ConnectionRefused.", await FaultAsync(story));
    }

    internal static Task<HookStory> StartAsync(Receiver receiver, Resolve resolve) =>
        HookStory.StartAsync(receiver, url: $"http://hook.example.org:{receiver.Port}/", more: services => services.AddSingleton(resolve));

    internal static async Task<string?> FaultAsync(HookStory story)
    {
        var job = await story.PushAsync();
        await story.RunAsync(job);
        return Assert.Single((await story.FindAsync(job)).Tries).Fault;
    }
}
