using System.ComponentModel.DataAnnotations;

namespace BusJobs.Worker;

/// <summary>How a worker runs. Checked when the host starts.</summary>
public sealed class WorkerOptions
{
    public const int MaxSlots = 1024;

    /// <summary>For people, in the dashboard and in the records of attempts. Default: host name and process id.</summary>
    [Required]
    [RegularExpression(@"\A[\x20-\x7e]{1,200}\z", ErrorMessage = "The worker's Name must be 1 to 200 printable ASCII characters.")]
    public string Name { get; set; } = $"{Environment.MachineName}/{Environment.ProcessId}";

    /// <summary>
    /// Which queues are served, and how many jobs of each run at once (1 to 1,024). Default: none named, which means
    /// <c>default</c> and the queues of all registered kinds, with twice as many slots as there are cores, at least 4, each.
    /// </summary>
    public IDictionary<string, int> Queues { get; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>What running jobs get at shutdown before they are given back. Keep it below the host's own limit. Default: 25 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>How long outcomes of a dispatch gather before they are sent. Default: 10 milliseconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:01")]
    public TimeSpan FlushInterval { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>How long a handler may go on after its token fired before its job is settled and its slot goes on without it. Default: 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan TimeoutGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the broker waits for the acknowledgement of a dispatch; what runs longer is held by beats alone. Stay well below
    /// the broker's consumer timeout (30 minutes). Default: 5 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:25:00")]
    public TimeSpan EarlyAck { get; set; } = TimeSpan.FromMinutes(5);
}
