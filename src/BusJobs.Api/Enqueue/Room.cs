using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace BusJobs.Api.Enqueue;

/// <summary>
/// How much enqueue requests may hold at once: bytes of bodies from before they are read, and jobs until they are committed. Nobody waits for
/// room: there is some, or the caller is told to come back, so memory has a bound that no number of callers can pass.
/// </summary>
internal sealed class Room
{
    private readonly Counter<long> refused;
    private readonly ApiOptions options;
    private int jobs;
    private long bytes;

    public Room(IOptions<ApiOptions> options, IMeterFactory meters)
    {
        var meter = meters.Create("BusJobs.Api");
        this.options = options.Value;
        meter.CreateObservableGauge("busjobs.api.waiting_jobs", () => Jobs, "{job}", "Jobs that wait for their commit.");
        meter.CreateObservableGauge("busjobs.api.waiting_bytes", () => Bytes, "By", "Bodies of enqueue requests that are read or wait.");
        refused = meter.CreateCounter<long>("busjobs.api.shed", "{request}", "Enqueue requests answered 429 for want of room.");
    }

    public int Jobs => Volatile.Read(ref jobs);

    public long Bytes => Volatile.Read(ref bytes);

    /// <returns>What gives the room back; null when there is none.</returns>
    public IDisposable? Take(int forJobs, long forBytes)
    {
        if (Interlocked.Add(ref jobs, forJobs) <= options.MaxWaitingJobs & Interlocked.Add(ref bytes, forBytes) <= options.MaxWaitingBytes)
        {
            return new Share(this, forJobs, forBytes);
        }

        GiveBack(forJobs, forBytes);
        refused.Add(1);
        return null;
    }

    private void GiveBack(int ofJobs, long ofBytes)
    {
        Interlocked.Add(ref jobs, -ofJobs);
        Interlocked.Add(ref bytes, -ofBytes);
    }

    private sealed class Share(Room room, int jobs, long bytes) : IDisposable
    {
        private int given;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref given, 1) == 0)
            {
                room.GiveBack(jobs, bytes);
            }
        }
    }
}
