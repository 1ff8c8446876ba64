using Forge.Hub;
using Microsoft.EntityFrameworkCore;

namespace Forge.Hooks;

/// <summary>What is known of an endpoint's health, in its row, so that all processes go by it. Each change is one statement.</summary>
internal sealed class Breaker(HubContext hub, HookOptions options, TimeProvider clock)
{
    /// <returns>How long to wait before the endpoint may be tried; zero for now, which makes the caller the one who tries for all if it was left alone.</returns>
    public async Task<TimeSpan> WaitAsync(HookEndpoint endpoint, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (endpoint.OpenUntil is not { } until)
        {
            return TimeSpan.Zero;
        }

        if (until > now)
        {
            return until - now;
        }

        // Whoever moves the time on tries; it is long enough for the try to end.
        var next = now + options.Timeout + options.BreakFor;
        var probes = await Of(endpoint).Where(e => e.OpenUntil == until)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.OpenUntil, next), cancellationToken);
        return probes == 1 ? TimeSpan.Zero : options.BreakFor;
    }

    public Task NoteGoodAsync(HookEndpoint endpoint, CancellationToken cancellationToken) =>
        Of(endpoint).Where(e => e.Failures > 0 || e.OpenUntil != null).ExecuteUpdateAsync(
            set => set.SetProperty(e => e.Failures, 0).SetProperty(e => e.FailingSince, (DateTimeOffset?)null).SetProperty(e => e.OpenUntil, (DateTimeOffset?)null),
            cancellationToken);

    public async Task NoteBadAsync(HookEndpoint endpoint, bool isGone, CancellationToken cancellationToken)
    {
        DateTimeOffset? now = clock.GetUtcNow();
        await Of(endpoint).ExecuteUpdateAsync(
            set => set.SetProperty(e => e.Failures, e => e.Failures + 1).SetProperty(e => e.FailingSince, e => e.FailingSince ?? now), cancellationToken);
        await Of(endpoint).Where(e => e.Failures >= options.BreakAfter)
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.OpenUntil, now + options.BreakFor), cancellationToken);
        var longAgo = now - options.DisableAfter;
        var why = isGone ? "The receiver answered 410: it does not want deliveries any more." : $"It has done nothing but fail for {options.DisableAfter.TotalDays:0.#} days.";
        await Of(endpoint).Where(e => e.DisabledBecause == null && (isGone || e.FailingSince <= longAgo))
            .ExecuteUpdateAsync(set => set.SetProperty(e => e.DisabledBecause, why), cancellationToken);
    }

    private IQueryable<HookEndpoint> Of(HookEndpoint endpoint) => hub.Endpoints.Where(e => e.Id == endpoint.Id);
}
