using BusJobs.Bus;
using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger;
using BusJobs.Wire;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Dashboard;

public sealed class DrainPageTests(SqliteLedgerFixture fixture) : DashboardContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    [Fact]
    public async Task An_operator_is_asked_before_a_worker_is_told_to_drain_and_that_is_recorded()
    {
        var told = new TaskCompletionSource<DrainWorker>(TaskCreationOptions.RunContinuationsAsynchronously);
        var worker = await HearAsync(beat => beat with { CanBeDrained = true });
        var bus = Story.Services.GetRequiredService<JobBus>();
        await bus.ConnectAsync(new EndpointSpec(bus.Names.Own(worker.WorkerId), EndpointKind.Broadcast, 1), endpoint => endpoint.Instance(new Ear(told)), None);

        using var visit = await Visit.BeginAsync(Story, ApiScopes.Read | ApiScopes.Operate);
        var path = $"/workers/{worker.WorkerId}/drain";
        Assert.Contains($"<a href=\"{path}\" aria-label=\"Drain worker-1\">", (await visit.SeeAsync("/workers")).Page, StringComparison.Ordinal);
        Assert.Contains("It takes work again when it is started anew.", (await visit.SeeAsync(path)).Page, StringComparison.Ordinal);
        Assert.False(told.Task.IsCompleted);
        Assert.Contains("The worker worker-1 is asked to drain", (await visit.DoAsync(path, path)).Page, StringComparison.Ordinal);
        Assert.Equal(new DrainWorker { WorkerId = worker.WorkerId, By = "test" }, await told.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(("worker.drain", "worker-1", "asked to drain"), Assert.Single(await AuditAsync()));
    }

    [Fact]
    public async Task Who_may_not_operate_or_asks_a_worker_that_does_not_heed_it_or_is_not_there_changes_nothing()
    {
        var old = await HearAsync();
        using var viewer = await Visit.BeginAsync(Story, ApiScopes.Read);
        Assert.DoesNotContain("/drain\"", (await viewer.SeeAsync("/workers")).Page, StringComparison.Ordinal);
        Assert.Equal(403, (await viewer.SeeAsync($"/workers/{old.WorkerId}/drain")).Status);

        using var visit = await Visit.BeginAsync(Story);
        Assert.DoesNotContain("/drain\"", (await visit.SeeAsync("/workers")).Page, StringComparison.Ordinal);
        Assert.Contains("of a version that cannot be asked", (await visit.DoAsync($"/workers/{old.WorkerId}/drain")).Page, StringComparison.Ordinal);
        Assert.Equal(404, (await visit.DoAsync($"/workers/{Guid.Empty}/drain")).Status);
        Assert.Equal(409, (await Story.PostAsync($"/api/workers/{old.WorkerId}/drain", "")).Status);
        Assert.Equal(404, (await Story.PostAsync($"/api/workers/{Guid.Empty}/drain", "")).Status);
        Assert.Equal(400, (await Story.PostAsync("/api/workers/x/drain", "")).Status);
        Assert.Empty(await AuditAsync());
    }

    private sealed class Ear(TaskCompletionSource<DrainWorker> told) : IConsumer<DrainWorker>
    {
        public Task Consume(ConsumeContext<DrainWorker> context)
        {
            told.TrySetResult(context.Message);
            return Task.CompletedTask;
        }
    }
}
