using BusJobs.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace BusJobs.UnitTests.Worker;

public sealed class WorkerOptionsTests
{
    [Fact]
    public void Defaults_are_valid() => Assert.Empty(Faults(worker => worker.Handle<Told, ToldHandler>()));

    [Fact]
    public void Two_handlers_of_a_kind_are_refused() => Assert.Equal(
        "The kind 'test.told' has more than one handler: ToldHandler and OtherHandler. A worker runs each kind with one handler.",
        Assert.Single(Faults(worker => worker.Handle<Told, ToldHandler>().Handle<Told, OtherHandler>())));

    [Fact]
    public void A_worker_without_handlers_is_refused() => Assert.Contains("no handler", Assert.Single(Faults(_ => { })), StringComparison.Ordinal);

    [Theory]
    [InlineData("work", 0)]
    [InlineData("work", 1025)]
    [InlineData("Work", 1)]
    [InlineData("work.dead", 1)]
    public void Bad_queues_are_refused(string queue, int slots) =>
        Assert.Contains(queue, Assert.Single(Faults(worker => worker.Handle<Told, ToldHandler>().Queue(queue, slots))), StringComparison.Ordinal);

    [Fact]
    public void Times_outside_their_range_are_refused() =>
        Assert.Single(Faults(worker => worker.Handle<Told, ToldHandler>().Configure(options => options.FlushInterval = TimeSpan.FromMinutes(1))));

    [Fact]
    public void A_policy_outside_its_bounds_is_refused_at_once() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Faults(worker => worker.Handle<Told, ToldHandler>(new JobPolicy { MaxAttempts = 0 })));

    private static IEnumerable<string> Faults(Action<WorkerBuilder> configure)
    {
        using var services = new ServiceCollection().AddLogging().AddBusJobsWorker(configure).BuildServiceProvider();
        try
        {
            _ = services.GetRequiredService<IOptions<WorkerOptions>>().Value;
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return exception.Failures;
        }
    }

    private sealed class OtherHandler : IJobHandler<Told>
    {
        public Task HandleAsync(Told job, JobAttempt attempt, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
