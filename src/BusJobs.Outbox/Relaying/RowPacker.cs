using System.Text;
using System.Text.Json;
using BusJobs.Outbox.Model;
using BusJobs.Wire;

namespace BusJobs.Outbox.Relaying;

/// <summary>Divides claimed rows, in their order, into handovers. What holds no job is left out with a reason.</summary>
internal sealed class RowPacker(OutboxOptions options, Guid relayId, TimeProvider clock)
{
    public Packed Pack(IReadOnlyList<OutboxEntry> rows)
    {
        var claimedAt = clock.GetTimestamp();
        var packs = new List<Pack>();
        var misfits = new List<PutBack>();
        var open = new OpenPack();
        foreach (var row in rows)
        {
            try
            {
                var job = Aged(OutboxJson.Read(row.Job), row.Age);
                if (!open.Takes(row, options))
                {
                    packs.Add(Close(open, claimedAt));
                    open = new OpenPack();
                }

                open.Add(row, job);
            }
            catch (Exception exception) when (exception is JsonException or JobRefusedException)
            {
                misfits.Add(Parking.Of(row, $"it holds no job: {exception.Message}"));
            }
        }

        if (open.Rows.Count > 0)
        {
            packs.Add(Close(open, claimedAt));
        }

        return new Packed(packs, misfits);
    }

    /// <summary>The ledger counts a delay from when it gets the job; the producer meant its own commit.</summary>
    private NewJob Aged(NewJob job, TimeSpan age)
    {
        var late = job.RunAt is { } at ? Least(age, clock.GetUtcNow() - at) : age - (job.Delay ?? TimeSpan.Zero);
        return job with
        {
            Delay = job.Delay is { } delay && delay > age ? delay - age : null,
            MaxAge = job.MaxAge is { } most && late > TimeSpan.Zero ? Most(most - late, Limits.MinTimeout) : job.MaxAge,
        };
    }

    private Pack Close(OpenPack open, long claimedAt) =>
        new(new Handover { Id = Guid.CreateVersion7(clock.GetUtcNow()), RelayId = relayId, Jobs = open.Jobs }, open.Rows, claimedAt);

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Most(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private sealed class OpenPack
    {
        private int bytes;

        public List<NewJob> Jobs { get; } = [];
        public List<OutboxEntry> Rows { get; } = [];

        public bool Takes(OutboxEntry row, OutboxOptions options) =>
            Rows.Count == 0 || (Rows.Count < options.MaxPack && bytes + Encoding.UTF8.GetByteCount(row.Job) <= options.MaxPackBytes);

        public void Add(OutboxEntry row, NewJob job)
        {
            Rows.Add(row);
            Jobs.Add(job);
            bytes += Encoding.UTF8.GetByteCount(row.Job);
        }
    }
}
