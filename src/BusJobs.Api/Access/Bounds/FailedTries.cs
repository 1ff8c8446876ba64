using System.Net;
using Microsoft.Extensions.Options;

namespace BusJobs.Api.Access.Bounds;

/// <summary>
/// Counts failed authentications by address and minute. Nobody guesses 256 random bits; what is bounded here is the look-ups that
/// guessing costs. Addresses are counted up to a number, and all others beyond it as one.
/// </summary>
internal sealed class FailedTries(IOptions<ApiOptions> options, TimeProvider clock)
{
    private const int MaxAddresses = 4_096;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<IPAddress, (int Count, long Since)> tries = [];

    /// <returns>How long to wait; null when the address may try.</returns>
    public TimeSpan? Wait(IPAddress address)
    {
        lock (gate)
        {
            return tries.TryGetValue(Known(address), out var failed) && failed.Count >= options.Value.MaxFailedTries
                && Window - clock.GetElapsedTime(failed.Since) is var wait && wait > TimeSpan.Zero
                ? wait
                : null;
        }
    }

    public void Note(IPAddress address)
    {
        lock (gate)
        {
            if (tries.Count >= MaxAddresses)
            {
                Forget();
            }

            var key = Known(address);
            var (count, since) = tries.GetValueOrDefault(key, (0, clock.GetTimestamp()));
            tries[key] = clock.GetElapsedTime(since) < Window ? (count + 1, since) : (1, clock.GetTimestamp());
        }
    }

    private IPAddress Known(IPAddress address) => tries.Count < MaxAddresses || tries.ContainsKey(address) ? address : IPAddress.Any;

    private void Forget()
    {
        foreach (var (address, _) in tries.Where(one => clock.GetElapsedTime(one.Value.Since) >= Window).ToList())
        {
            tries.Remove(address);
        }
    }
}
