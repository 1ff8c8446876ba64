using BusJobs.Ledger;
using BusJobs.Ledger.Clients;
using BusJobs.UnitTests.Support;
using Forge.Backfill;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.IntegrationTests.Hub;

public abstract class BackfillContract(bool postgres)
{
    private static readonly DateTimeOffset Monday = new(2025, 3, 3, 0, 0, 0, TimeSpan.Zero);

    private readonly ManualClock ledgerClock = new();

    [Fact]
    public async Task Days_of_one_week_are_one_window_whoever_asks_for_which()
    {
        await using var story = await StartAsync();
        Assert.Equal(new BackfillAnswer(2, Published: 1, 0, 0), await AskAsync(story, Monday.AddHours(30), Monday.AddHours(49)));
        Assert.Equal(new BackfillAnswer(3, 0, DedupSuppressed: 1, 0), await AskAsync(story, Monday, Monday.AddDays(3)));
        Assert.Equal(new BackfillAnswer(14, Published: 1, DedupSuppressed: 1, 0), await AskAsync(story, Monday, Monday.AddDays(14)));
    }

    [Fact]
    public async Task What_is_there_is_not_missing_and_neither_is_a_day_that_is_not_over()
    {
        await using var story = await StartAsync();
        var today = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(3, (await AskAsync(story, today.AddDays(-3), today.AddDays(9))).MissingDays);
        await story.AddAsync(new ActivityDay { RepositoryId = 1, Start = today.AddDays(-2) });
        Assert.Equal(2, (await AskAsync(story, today.AddDays(-3), today.AddDays(9))).MissingDays);
        Assert.Equal(0, (await AskAsync(story, today, today.AddDays(9))).MissingDays);
    }

    [Fact]
    public async Task A_week_that_is_not_over_is_another_window_tomorrow()
    {
        await using var story = await StartAsync();
        var today = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(1, (await AskAsync(story, today.AddDays(-3), today.AddDays(7))).Published);
        Assert.Equal(1, (await AskAsync(story, today.AddDays(-3), today.AddDays(7))).DedupSuppressed);
        story.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, (await AskAsync(story, today.AddDays(-3), today.AddDays(7))).Published);
    }

    [Fact]
    public async Task An_org_has_so_many_windows_a_minute_and_the_rest_stays_missing()
    {
        await using var story = await StartAsync(perMinute: 3);
        Assert.Equal(new BackfillAnswer(35, Published: 3, 0, DroppedByRateLimit: 2), await AskAsync(story, Monday, Monday.AddDays(35)));
        Assert.Equal(new BackfillAnswer(35, 0, DedupSuppressed: 3, DroppedByRateLimit: 2), await AskAsync(story, Monday, Monday.AddDays(35)));

        // Another org has its own; and the next minute is a new one.
        await story.RegisterAsync("/elsewhere", org: "globex");
        Assert.Equal(new BackfillAnswer(28, Published: 3, 0, DroppedByRateLimit: 1), await AskAsync(story, Monday, Monday.AddDays(28), org: "globex"));
        ledgerClock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(new BackfillAnswer(35, Published: 2, DedupSuppressed: 3, 0), await AskAsync(story, Monday, Monday.AddDays(35)));
    }

    [Fact]
    public async Task A_week_that_is_still_missing_may_be_asked_for_again_after_ten_minutes()
    {
        await using var story = await StartAsync();
        Assert.Equal(1, (await AskAsync(story, Monday, Monday.AddDays(7))).Published);
        ledgerClock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, (await AskAsync(story, Monday, Monday.AddDays(7))).DedupSuppressed);
        ledgerClock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, (await AskAsync(story, Monday, Monday.AddDays(7))).Published);
    }

    [Fact]
    public async Task A_window_that_nobody_begins_in_time_expires_and_is_counted()
    {
        await using var story = await StartAsync();
        await AskAsync(story, Monday, Monday.AddDays(1));
        await story.WithAsync(async (ILedger ledger) =>
        {
            Assert.Equal(1, await ledger.SweepAsync(10, ledgerClock.GetUtcNow().AddHours(25), CancellationToken.None));
            Assert.Equal(1, (await ledger.CountsAsync(CancellationToken.None)).Expired);
        });
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 3_661)]
    public async Task A_span_that_is_none_or_too_long_is_refused(int from, int to)
    {
        await using var story = await StartAsync();
        await Assert.ThrowsAsync<JobRefusedException>(() => AskAsync(story, Monday.AddDays(from), Monday.AddDays(to)));
    }

    private async Task<HubStory> StartAsync(int perMinute = 1_000)
    {
        var folder = Directory.CreateTempSubdirectory("forge-ledger-").FullName;
        var options = new LedgerOptions { DataFolder = folder };
        options.DoorLimits.Add(DoorLimit.PerMinute("forge.backfill-window", perMinute));
        var ledger = LedgerRegistration.Open(options, ledgerClock);
        await ledger.MigrateAsync(CancellationToken.None);
        var story = await HubStory.StartAsync(postgres, more: services =>
        {
            // The door answers at once when the ledger is at hand.
            services.AddScoped<IJobClient>(_ => new LedgerJobClient(ledger, ledgerClock));
            services.AddSingleton(ledger);
        });
        await story.RegisterAsync(Path.Combine(folder, "nowhere"));
        return story;
    }

    private static Task<BackfillAnswer> AskAsync(HubStory story, DateTimeOffset from, DateTimeOffset to, string org = "acme") =>
        story.AskAsync((MissingWindows windows) => windows.EnqueueMissingAsync(org, "repo", from, to, "test", CancellationToken.None));
}

public sealed class SqliteBackfill() : BackfillContract(postgres: false);

public sealed class PostgresBackfill() : BackfillContract(postgres: true);
