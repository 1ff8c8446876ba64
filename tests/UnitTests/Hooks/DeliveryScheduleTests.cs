using Forge.Hooks;
using Forge.Hooks.Wire;

namespace BusJobs.UnitTests.Hooks;

public sealed class DeliveryScheduleTests
{
    private static readonly HookOptions Options = new();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.999, 1.0999)]
    public void The_pauses_are_those_of_the_schedule_with_a_tenth_of_jitter_on_top(double random, double factor)
    {
        var schedule = new DeliverySchedule(Options, () => random);
        Assert.Equal(Options.Schedule.Select(pause => pause * factor), Options.Schedule.Select((_, i) => schedule.PauseAfter(i + 1, retryAfter: null)!.Value));
        Assert.Null(schedule.PauseAfter(Options.Schedule.Count + 1, retryAfter: null));
    }

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(0, 5)]
    [InlineData(3, 5)]
    [InlineData(90, 90)]
    [InlineData(99_999_999, 86_400)]
    public void Retry_After_lengthens_a_pause_and_is_clamped(int asked, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new DeliverySchedule(Options, () => 0).PauseAfter(1, TimeSpan.FromSeconds(asked)));

    [Fact]
    public void Retry_After_does_not_lengthen_a_schedule_that_is_over() =>
        Assert.Null(new DeliverySchedule(Options, () => 0).PauseAfter(10, TimeSpan.FromSeconds(90)));

    [Fact]
    public void An_endpoint_has_as_many_places_as_it_is_given_and_others_have_their_own()
    {
        var gates = new EndpointGates(new HookOptions { PerEndpoint = 2 });
        var (one, other) = (Guid.CreateVersion7(DateTimeOffset.UnixEpoch), Guid.CreateVersion7(DateTimeOffset.UnixEpoch));
        var first = gates.TryEnter(one);
        Assert.NotNull(gates.TryEnter(one));
        Assert.Null(gates.TryEnter(one));
        Assert.NotNull(gates.TryEnter(other));
        first!.Dispose();
        Assert.NotNull(gates.TryEnter(one));
    }

    [Fact]
    public void A_sealed_secret_opens_only_for_its_endpoint_and_key()
    {
        var box = new SecretBox(new byte[32]);
        var (one, other) = (Guid.CreateVersion7(DateTimeOffset.UnixEpoch), Guid.CreateVersion7(DateTimeOffset.UnixEpoch));
        var text = box.Seal("whsec_x", one);
        Assert.Equal("whsec_x", box.Open(text, one));
        Assert.NotEqual(text, box.Seal("whsec_x", one));
        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => box.Open(text, other));
        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => new SecretBox([.. Enumerable.Repeat((byte)1, 32)]).Open(text, one));
    }
}
