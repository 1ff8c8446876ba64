using BusJobs.IntegrationTests.Ledger;
using BusJobs.Ledger.Upkeep;
using BusJobs.Scheduling;
using BusJobs.Scheduling.Services;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace BusJobs.IntegrationTests.Api;

/// <summary>A service that goes by the clock is run on request.</summary>
public sealed class ServiceRunTests(SqliteLedgerFixture fixture) : ApiContract(fixture), IClassFixture<SqliteLedgerFixture>
{
    private protected override Task<ApiStory> StartAsync() => ApiStory.StartAsync(
        Fixture, services: services => services.AddOptions<SchedulingOptions>().Services.AddSingleton<SchedulerIdentity>().AddSingleton<TimedService, Tidy>());

    [Fact]
    public async Task It_tells_what_it_did_and_so_does_its_history()
    {
        var run = await Story.PostAsync("/api/services/tidy/runs", "");
        Assert.Equal((200, "3 things"), (run.Status, run.Body.GetProperty("did").GetString()));
        var kept = Assert.Single((await Story.GetAsync("/api/services/tidy/runs")).Body.EnumerateArray());
        Assert.Equal("3 things", kept.GetProperty("did").GetString());
    }

    [Fact]
    public async Task One_that_fails_tells_why()
    {
        ((Tidy)Story.Services.GetRequiredService<TimedService>()).Fails = true;
        var run = await Story.PostAsync("/api/services/tidy/runs", "");
        Assert.Equal((200, "no broom"), (run.Status, run.Body.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task One_that_another_process_runs_is_left_to_it()
    {
        var store = Story.Services.GetRequiredService<IUpkeepStore>();
        Assert.True(await store.LeaseAsync("tidy", Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), TimeSpan.FromMinutes(1), TimeProvider.System.GetUtcNow(), CancellationToken.None));
        var run = await Story.PostAsync("/api/services/tidy/runs", "");
        Assert.Equal((409, "Another process runs the service 'tidy' at this moment."), (run.Status, run.Body.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task One_that_is_not_there_is_told_with_those_that_are()
    {
        var run = await Story.PostAsync("/api/services/sweep/runs", "");
        Assert.Equal((404, "This process has no service 'sweep' that goes by the clock: it has tidy."), (run.Status, run.Body.GetProperty("detail").GetString()));
    }

    internal sealed class Tidy(IUpkeepStore store, SchedulerIdentity identity, IOptions<SchedulingOptions> options, ILogger<Tidy> logger)
        : TimedService(store, identity, options, TimeProvider.System, logger)
    {
        public bool Fails { get; set; }

        public override string Name => "tidy";

        public override TimeSpan Rest => TimeSpan.FromHours(1);

        protected override Task<RunReport> WorkAsync(CancellationToken cancellationToken) =>
            Fails ? throw new InvalidOperationException("no broom") : Task.FromResult(new RunReport("3 things", Rest));
    }
}
