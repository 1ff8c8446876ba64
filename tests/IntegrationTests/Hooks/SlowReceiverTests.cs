using BusJobs.IntegrationTests.Servers;

namespace BusJobs.IntegrationTests.Hooks;

/// <summary>A try has fifteen seconds, whatever comes meanwhile.</summary>
public sealed class SlowReceiverTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";

    [Theory]
    [InlineData("says nothing", "")]
    [InlineData("begins a body", Ok + "Content-Length: 100\r\n\r\nabc")]
    [InlineData("goes on with 100", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")]
    public async Task A_try_ends_after_its_time_however_the_receiver_stalls(string manner, string text) => await EndsInTimeAsync(Receiver.Stall(text), manner);

    /// <summary>Something comes all the time, so a limit for silence alone would never end these.</summary>
    [Theory]
    [InlineData("drips its body byte by byte", Ok + "Content-Length: 10000\r\n\r\n", "x")]
    [InlineData("drips its headers", Ok + "X-Long: ", "x")]
    [InlineData("goes on with 100 for ever", "", "HTTP/1.1 100 Continue\r\n\r\n")]
    public async Task A_try_ends_after_its_time_however_slowly_the_receiver_goes_on(string manner, string head, string drop) => await EndsInTimeAsync(Receiver.Drip(head, drop), manner);

    private static async Task EndsInTimeAsync(Behaviour behaviour, string manner)
    {
        await using var receiver = new Receiver(behaviour);
        await using var story = await HookStory.StartAsync(receiver);
        var job = await story.PushAsync();
        var run = story.RunAsync(job);
        await Eventually.HoldsAsync(() => receiver.Requests.Count == 1, what: manner);
        story.Hub.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.NotNull(await run.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("The receiver had not answered in full after 15 s.", Assert.Single((await story.FindAsync(job)).Tries).Fault);
    }
}
