using System.Text;
using BusJobs.Ledger;
using BusJobs.Wire;

namespace BusJobs.Coordinator.Dispatching;

/// <summary>
/// Divides claimed jobs into dispatches: of one kind, in order, no larger than the kind's pace and the byte limit allow. What
/// could spoil a whole pack (broken or oversized JSON that came round the door) is left out with a reason.
/// </summary>
internal sealed class Packer(CoordinatorOptions options, Pace pace, TimeProvider clock)
{
    private static readonly TimeSpan LongestParking = TimeSpan.FromHours(1);
    private static readonly TimeSpan BehindAnother = TimeSpan.FromSeconds(1);

    /// <summary>Jobs of one key that travel together are settled together, so they are few enough to take no longer than two packs.</summary>
    private const int LongestChain = 50;

    /// <summary>How many jobs of one serial key may travel together.</summary>
    public int ChainOf(string kind) => Math.Clamp((int)(2 * options.PackTime.TotalMilliseconds / pace.OfKind(kind)), 1, Math.Min(LongestChain, options.MaxPack));

    /// <param name="most">Most jobs in a pack, whatever their pace: 1 in the lanes of suspects.</param>
    public Packed Pack(string queue, IReadOnlyList<ClaimedJob> jobs, int most)
    {
        var dispatches = new List<Dispatch>();
        var misfits = new List<Misfit>();
        var open = new Dictionary<string, OpenPack>();
        var broken = false;
        for (var place = 0; place < jobs.Count; place++)
        {
            var job = jobs[place];
            var bytes = Bytes(job);
            broken &= job.Job.Follows;
            if (broken || (job.Job.Follows && open[job.Kind].Bytes + bytes > options.MaxPackBytes))
            {
                misfits.Add(new Misfit(job.Job.Id, "waits for the job of its key before it", BehindAnother));
                broken = true;
                continue;
            }

            if (FaultOf(job, bytes) is { } fault)
            {
                misfits.Add(new Misfit(job.Job.Id, fault, ParkingAfter(job.Parks)));
                broken = true;
                continue;
            }

            // A chain stays together, and may hold more jobs than its pack would.
            if (!open.TryGetValue(job.Kind, out var pack) || (!job.Job.Follows && pack.IsFull(bytes + BytesAfter(jobs, place), options.MaxPackBytes)))
            {
                open[job.Kind] = pack = new OpenPack(Math.Min(most, SizeFor(job.Kind)));
                dispatches.Add(new Dispatch
                {
                    Id = Guid.CreateVersion7(clock.GetUtcNow()), Kind = job.Kind, Queue = queue, Sequence = 0, Jobs = pack.Jobs,
                });
            }

            pack.Add(job.Job, bytes);
        }

        return new Packed(dispatches, misfits);
    }

    private static int Bytes(ClaimedJob job) => Encoding.UTF8.GetByteCount(job.Job.Payload);

    /// <summary>What follows a job, so that it begins a pack that has room for all of it.</summary>
    private static int BytesAfter(IReadOnlyList<ClaimedJob> jobs, int place)
    {
        var bytes = 0;
        while (++place < jobs.Count && jobs[place].Job.Follows)
        {
            bytes += Bytes(jobs[place]);
        }

        return bytes;
    }

    private string? FaultOf(ClaimedJob job, int bytes)
    {
        if (bytes > options.MaxPackBytes)
        {
            return $"cannot be dispatched: its payload of {bytes:N0} bytes exceeds the pack limit of {options.MaxPackBytes:N0}";
        }

        return PayloadJson.Fault(job.Job.Payload) is { } fault ? $"cannot be dispatched: its payload must be {fault}" : null;
    }

    private int SizeFor(string kind) => Math.Clamp((int)(options.PackTime.TotalMilliseconds / pace.OfKind(kind)), 1, options.MaxPack);

    private static TimeSpan ParkingAfter(int parks)
    {
        var parking = TimeSpan.FromSeconds(10 * Math.Pow(2, Math.Min(parks, 10)));
        return parking < LongestParking ? parking : LongestParking;
    }

    private sealed class OpenPack(int most)
    {
        public List<DispatchedJob> Jobs { get; } = new(Math.Min(most, 16));

        public int Bytes { get; private set; }

        public bool IsFull(int next, int limit) => Jobs.Count >= most || Bytes + next > limit;

        public void Add(DispatchedJob job, int size)
        {
            Jobs.Add(job);
            Bytes += size;
        }
    }
}
