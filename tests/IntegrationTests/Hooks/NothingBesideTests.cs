using System.Net;

namespace BusJobs.IntegrationTests.Hooks;

/// <summary>A delivery goes straight to its receiver, and brings nothing but itself.</summary>
public sealed class NothingBesideTests
{
    [Fact]
    public async Task A_proxy_of_the_environment_is_passed_by()
    {
        await using var proxy = new Receiver(Receiver.Answer(200));
        await using var receiver = new Receiver(Receiver.Answer(204));
        var before = HttpClient.DefaultProxy;
        try
        {
            // What HTTP_PROXY comes to in a process that has started; nobody else's calls go to this name.
            HttpClient.DefaultProxy = new OneHostProxy(new Uri($"http://127.0.0.1:{proxy.Port}"));
            await using var story = await GuardTests.StartAsync(receiver, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
            Assert.Null(await GuardTests.FaultAsync(story));
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }

        Assert.Equal((0, 1), (proxy.Connections, receiver.Connections));
    }

    [Fact]
    public async Task A_cookie_is_not_brought_back()
    {
        await using var receiver = new Receiver(Receiver.Answer(200, "Set-Cookie: session=1; Path=/\r\n"));
        await using var story = await HookStory.StartAsync(receiver);
        Assert.Null(await GuardTests.FaultAsync(story));
        Assert.Null(await GuardTests.FaultAsync(story));
        Assert.Equal(2, receiver.Requests.Count);
        Assert.All(receiver.Requests, request => Assert.DoesNotContain("cookie", request.Headers.Keys));
    }

    private sealed class OneHostProxy(Uri proxy) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => proxy;

        public bool IsBypassed(Uri host) => host.Host != "hook.example.org";
    }
}
