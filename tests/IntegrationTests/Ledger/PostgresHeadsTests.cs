using BusJobs.Ledger;
using BusJobs.Ledger.Postgres;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>Claims of a deep backlog begin where the last one ended; what comes ahead of that is found all the same.</summary>
public sealed class PostgresHeadsTests(PostgresLedgerFixture fixture) : LedgerContract(fixture), IClassFixture<PostgresLedgerFixture>
{
    private const int Full = 100;

    private readonly SetClock clock = new();
    private string? tenant;

    /// <summary>How a claim looks for jobs.</summary>
    public enum Way
    {
        Common,

        /// <summary>A kind is paused, so that claims ask which kinds may start.</summary>
        ByRules,

        /// <summary>The jobs stand in the line of their tenant.</summary>
        OfTenant,
    }

    [Theory]
    [InlineData(Way.Common)]
    [InlineData(Way.ByRules)]
    [InlineData(Way.OfTenant)]
    public async Task A_job_more_urgent_than_a_deep_backlog_is_found_within_a_quarter_of_a_second(Way way)
    {
        await using var ledger = await OpenAsync(way);
        await ledger.InsertManyAsync([.. Jobs(4 * Full).Select(job => job with { Tenant = tenant })], transaction: null, CancellationToken.None);
        await ClaimTwiceAsync(ledger);
        var urgent = await InsertAsync(Job() with { Priority = 0, Tenant = tenant });

        Assert.DoesNotContain(urgent, await ClaimAsync(ledger));
        clock.Passed += TimeSpan.FromMilliseconds(250);
        Assert.Equal(urgent, (await ClaimAsync(ledger))[0]);
    }

    [Theory]
    [InlineData(Way.Common)]
    [InlineData(Way.ByRules)]
    [InlineData(Way.OfTenant)]
    public async Task What_came_ahead_of_the_place_is_found_at_once_when_nothing_is_left_behind_it(Way way)
    {
        await using var ledger = await OpenAsync(way);
        await ledger.InsertManyAsync([.. Jobs(2 * Full).Select(job => job with { Tenant = tenant })], transaction: null, CancellationToken.None);
        await ClaimTwiceAsync(ledger);
        var urgent = await InsertAsync(Job() with { Priority = 0, Tenant = tenant });
        Assert.Equal([urgent], await ClaimAsync(ledger));
    }

    [Theory]
    [InlineData(Way.Common)]
    [InlineData(Way.ByRules)]
    [InlineData(Way.OfTenant)]
    public async Task Claims_that_go_on_where_the_last_one_ended_take_every_job_once_and_in_order(Way way)
    {
        await using var ledger = await OpenAsync(way);
        var jobs = Enumerable.Range(0, 5 * Full).Select(i => Job() with { Priority = (byte)(i % 7), Tenant = tenant }).ToList();
        await ledger.InsertManyAsync(jobs, transaction: null, CancellationToken.None);

        var claimed = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            claimed.AddRange(await ClaimAsync(ledger));
        }

        Assert.Equal(jobs.OrderBy(job => job.Priority).ThenBy(job => job.Id).Select(job => job.Id), claimed);
        Assert.Empty(await ClaimAsync(ledger));
    }

    private async Task<PostgresLedger> OpenAsync(Way way)
    {
        tenant = way == Way.OfTenant ? "acme" : null;
        var ledger = PostgresLedger.Open(Fixture.Database!, clock);
        if (way == Way.ByRules)
        {
            await ledger.PauseAsync(PauseScope.Kind, "test.paused", "test", reason: null, T0, CancellationToken.None);
        }

        return ledger;
    }

    /// <summary>The first claim of a ledger reads the rules, and takes its jobs by them.</summary>
    private async Task ClaimTwiceAsync(PostgresLedger ledger)
    {
        await ClaimAsync(ledger);
        await ClaimAsync(ledger);
    }

    private async Task<List<Guid>> ClaimAsync(PostgresLedger ledger) =>
    [
        .. (await ledger.ClaimAsync(Queue, Lane.Normal, Full, PacksOf(Full), T0, CancellationToken.None))
            .Dispatches.SelectMany(dispatch => dispatch.Jobs).Select(job => job.Id),
    ];

    private sealed class SetClock : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;
    }
}
