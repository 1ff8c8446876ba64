using BusJobs.IntegrationTests.Ledger;
using BusJobs.IntegrationTests.Servers;
using BusJobs.Ledger;
using BusJobs.Ledger.Schedules;
using BusJobs.Scheduling;
using BusJobs.Scheduling.Definitions;
using Microsoft.Extensions.Hosting;

namespace BusJobs.IntegrationTests.Schedules;

/// <summary>Quartz itself, with the real clock: all that is asked of it is to tell the services to look.</summary>
public abstract class QuartzContract(LedgerFixture fixture, LedgerOptions ledger) : LedgerContract(fixture)
{
    [Fact]
    public async Task Two_hosts_and_one_after_the_other_has_gone_fire_each_time_once()
    {
        using var first = Start();
        using var second = Start();
        await first.StartAsync();
        await second.StartAsync();
        await FiresAsync(2);
        await first.StopAsync();
        await FiresAsync(4);
        await second.StopAsync();

        var fires = await ((IScheduleStore)Ledger).FiresAsync("tick", null, 1_000, CancellationToken.None);
        Assert.Equal(fires.Count, await RowsAsync("job"));
        Assert.Equal(fires.Select(fire => fire.NominalAt).Distinct().Count(), fires.Count);
    }

    private Task FiresAsync(int atLeast) => Eventually.HoldsAsync(async () => await RowsAsync("fire") >= atLeast);

    private IHost Start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddBusJobsLedger(ledger);
        builder.Services.AddBusJobsScheduling(ledger, scheduling =>
        {
            scheduling.Rest = TimeSpan.FromSeconds(1);
            scheduling.Schedules.Add(new ScheduleDefinition { Id = "tick", Kind = Kind, Queue = Queue, Rule = "every 1s" });
        });
        return builder.Build();
    }
}

public sealed class PostgresQuartz(PostgresLedgerFixture fixture)
    : QuartzContract(fixture, new LedgerOptions { Database = fixture.Database }), IClassFixture<PostgresLedgerFixture>;

public sealed class SqliteQuartz(SqliteLedgerFixture fixture)
    : QuartzContract(fixture, new LedgerOptions { DataFolder = Path.GetDirectoryName(fixture.File) }), IClassFixture<SqliteLedgerFixture>;
