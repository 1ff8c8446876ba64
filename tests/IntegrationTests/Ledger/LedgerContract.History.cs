using BusJobs.Ledger;
using BusJobs.Ledger.Letters;
using BusJobs.Wire;
using Microsoft.EntityFrameworkCore;

namespace BusJobs.IntegrationTests.Ledger;

/// <summary>Random histories, the same for every run, on the ledger and on a model of a few lines; they must agree after each step.</summary>
public abstract class HistoryContract(LedgerFixture fixture) : LedgerContract(fixture)
{
    private readonly ModelLedger model = new();
    private readonly List<Dispatch> dispatches = [];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task The_ledger_and_its_model_agree_after_every_step(int seed)
    {
        var random = new Random(seed);
        for (var step = 0; step < 120; step++)
        {
            // Half an hour off the full hours at which jobs are due, so that milliseconds decide nothing.
            var now = T0.AddHours(step).AddMinutes(30);
            await StepAsync(random, now, step);
            await AgreeAsync($"seed {seed}, step {step}");
        }
    }

    private Task StepAsync(Random random, DateTimeOffset now, int step) => random.Next(10) switch
    {
        0 or 1 or 2 => InsertSomeAsync(random, step),
        3 or 4 => ClaimSomeAsync(random, now),
        5 or 6 => SettleSomeAsync(random, now, step),
        7 => ReclaimSomeAsync(random, now, step),
        8 => CancelOneAsync(random, now),
        _ => MoveOnAsync(random, now, step),
    };

    private async Task InsertSomeAsync(Random random, int step)
    {
        var jobs = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Job() with { Delay = TimeSpan.FromHours(random.Next(4) == 0 ? step + 2 : 0) }).ToList();
        if (model.Jobs.Count > 0 && random.Next(3) == 0)
        {
            jobs.Add(Job(model.Jobs.Keys.ElementAt(random.Next(model.Jobs.Count))));
        }

        // The inserting clock is the real one, at which it is hour zero.
        Assert.Equal(jobs.Count(job => model.Insert(job.Id, (int)(job.Delay?.TotalHours ?? 0))), await AddAsync(jobs));
    }

    private async Task ClaimSomeAsync(Random random, DateTimeOffset now)
    {
        var lane = (Lane)random.Next(3);
        var claimed = (await Ledger.ClaimAsync(Queue, lane, 1000, PacksOf(3), now, CancellationToken.None)).Dispatches;
        dispatches.AddRange(claimed);
        Assert.Equal(model.Claim((int)lane).Order(), claimed.SelectMany(dispatch => dispatch.Jobs).Select(job => (job.Id, job.Fence, job.Attempt)).Order());
    }

    private async Task SettleSomeAsync(Random random, DateTimeOffset now, int step)
    {
        var words = dispatches.Where(_ => random.Next(2) == 0)
            .Select(dispatch => Settled(dispatch, [.. dispatch.Jobs.Where(_ => random.Next(3) > 0).Select(job => AnyWord(random, job))], last: false))
            .ToList();
        var report = await Ledger.SettleAsync(words, now, CancellationToken.None);
        var applied = words.Sum(message => message.Jobs.Count(word => model.Settle(word, step)));
        Assert.Equal((applied, words.Sum(message => message.Jobs.Count) - applied), (report.Applied, report.Stale));
    }

    private static Settlement AnyWord(Random random, DispatchedJob job) =>
        Word(job, (Ending)random.Next(7)) with { DelayMs = random.Next(2) * 3_600_000L * 2, Reason = "because" };

    private async Task ReclaimSomeAsync(Random random, DateTimeOffset now, int step)
    {
        var some = dispatches.Where(_ => random.Next(3) == 0).ToList();
        dispatches.RemoveAll(some.Contains);
        var (ids, jobs) = (some.ConvertAll(dispatch => dispatch.Id), some.SelectMany(dispatch => dispatch.Jobs).ToList());
        if (random.Next(3) == 0)
        {
            Assert.Equal(
                jobs.Count(job => model.Return(job.Id, job.Fence, step + 2)),
                await Ledger.ReturnAsync(ids, "unsent", TimeSpan.FromHours(2), now, CancellationToken.None));
            return;
        }

        var crashed = random.Next(2) == 0;
        var report = await Ledger.ReclaimAsync(ids, crashed, now, CancellationToken.None);
        Assert.Equal(jobs.Count(job => model.Reclaim(job.Id, job.Fence, crashed)), report.Ready + report.Cancelled + report.Dead.Count);
    }

    private async Task CancelOneAsync(Random random, DateTimeOffset now)
    {
        if (model.Jobs.Count > 0)
        {
            var id = model.Jobs.Keys.ElementAt(random.Next(model.Jobs.Count));
            Assert.Equal(model.Cancel(id), await Ledger.CancelAsync(id, now, CancellationToken.None));
        }
    }

    private async Task MoveOnAsync(Random random, DateTimeOffset now, int step)
    {
        Assert.Equal(model.Promote(step), await Ledger.PromoteAsync(1000, now, CancellationToken.None));
        switch (random.Next(6))
        {
            case 0 or 1:
                var discarded = random.Next(2) == 0;
                Assert.Equal(model.Redrive(discarded), (await Ledger.RedriveAsync(new DeadFilter { Discarded = discarded }, now, CancellationToken.None)).Ready);
                break;
            case 2:
                Assert.Equal(model.Discard(), await ((IDeadLetters)Ledger).DiscardAsync(new DeadFilter(), "ann", now, CancellationToken.None));
                break;
        }
    }

    private async Task AgreeAsync(string where)
    {
        await using var context = Fixture.NewContext();
        foreach (var found in await context.Jobs.AsNoTracking().ToListAsync())
        {
            var job = model.Jobs[found.Id];
            Assert.True(
                (job.State, job.Attempts, job.Crashes, job.Fence, job.CancelRequested) == (found.State, found.Attempt, found.Crashes, found.Fence, found.CancelRequested),
                $"{where}: expected {job}, found {found.State}, attempts {found.Attempt}, crashes {found.Crashes}, fence {found.Fence}");
        }

        var counts = await CountsAsync();
        Assert.Equal(
            (model.Count(LedgerState.Scheduled), model.Count(LedgerState.Ready), model.Count(LedgerState.Dispatched), model.Count(LedgerState.Dead)),
            (counts.Scheduled, counts.Ready, counts.Dispatched, counts.DeadNow));
        Assert.Equal((model.Count(LedgerState.Succeeded), model.Count(LedgerState.Cancelled)), (counts.Succeeded, counts.Cancelled));
    }
}
