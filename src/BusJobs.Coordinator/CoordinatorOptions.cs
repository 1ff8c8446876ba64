using System.ComponentModel.DataAnnotations;
using BusJobs.Coordinator.Receiving;
using BusJobs.Ledger;

namespace BusJobs.Coordinator;

/// <summary>How a coordinator moves work. The defaults serve from a laptop to a fleet.</summary>
public sealed class CoordinatorOptions
{
    private readonly Dictionary<string, AcceptedCommand> accepted = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Most jobs of one queue that may be in flight. Default: 10,000. Slow kinds get far less: see <see cref="WindowTime"/>.</summary>
    [Range(1, 100_000)]
    public int MaxWindow { get; set; } = 10_000;

    /// <summary>How much work per slot may be in flight, so that priorities, pauses and cancellations act soon. Default: 250 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:10:00")]
    public TimeSpan WindowTime { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Most jobs in one bus message. Default: 250.</summary>
    [Range(1, 1_000)]
    public int MaxPack { get; set; } = 250;

    /// <summary>How long one slot should be busy with one pack: fast kinds travel in large packs, slow ones alone. Default: 50 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan PackTime { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Most bytes of payload in one bus message; RabbitMQ 4 refuses messages of 16 MiB. Default: 1 MiB.</summary>
    [Range(1_024, 15 * 1_024 * 1_024)]
    public int MaxPackBytes { get; set; } = 1_024 * 1_024;

    /// <summary>Most jobs claimed by one statement. Default: 2,500.</summary>
    [Range(1, 10_000)]
    public int MaxClaim { get; set; } = 2_500;

    /// <summary>Bus messages sent and not yet confirmed. Default: 64.</summary>
    [Range(1, 1_000)]
    public int SendsInFlight { get; set; } = 64;

    /// <summary>How long to sleep at most when there is nothing to do; jittered by a quarter. Default: 250 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Limits that this program declares. A declaration is written to the ledger when it is new or another than the last time; what is
    /// set at runtime stays until then. Default: none.
    /// </summary>
    public IList<DispatchLimit> Limits { get; } = [];

    /// <summary>Settlement messages under way in this coordinator. Default: 1,000.</summary>
    [Range(1, 10_000)]
    public int SettlePrefetch { get; set; } = 1_000;

    /// <summary>Settlement batches that may be written at once, where one takes longer than a quarter of a second. Default: 2.</summary>
    [Range(1, 16)]
    public int SettleLoops { get; set; } = 2;

    /// <summary>How long settlements are gathered while many come; a few are written at once. Default: 20 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan SettleGather { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Most settlements in one statement. Default: 5,000.</summary>
    [Range(1, 50_000)]
    public int MaxSettle { get; set; } = 5_000;

    /// <summary>Messages of producers under way in this coordinator; each holds one command, or up to 500 jobs of an outbox. Default: 256.</summary>
    [Range(1, 10_000)]
    public int IntakePrefetch { get; set; } = 256;

    /// <summary>Most jobs that the intake inserts in one transaction, rounded up to whole messages. Default: 2,000.</summary>
    [Range(1, 50_000)]
    public int MaxIntake { get; set; } = 2_000;

    /// <summary>Message types of other services that become jobs. Default: none.</summary>
    public IReadOnlyCollection<AcceptedCommand> Accepted => accepted.Values;

    /// <summary>Makes a job of every message of this type that any MassTransit service publishes: what counts is its namespace and name, not its assembly.</summary>
    /// <exception cref="JobRefusedException">The type carries no <see cref="JobKindAttribute"/>, or is accepted already.</exception>
    public CoordinatorOptions Accept<TCommand>()
        where TCommand : class => Accept(AcceptedCommand.Of(typeof(TCommand), JobKind.Of(typeof(TCommand))));

    /// <summary>As <see cref="Accept{TCommand}()"/>, for a type that this process does not have.</summary>
    /// <param name="urn">The type as MassTransit writes it, for example <c>urn:message:Acme.Search:ReindexSearch</c>.</param>
    /// <param name="kind">What its jobs are.</param>
    /// <param name="queue">Where they wait.</param>
    /// <param name="exchange">Where it is published. Default: what MassTransit makes of the type, here <c>Acme.Search:ReindexSearch</c>.</param>
    /// <exception cref="JobRefusedException">A name is not allowed, or the type is accepted already.</exception>
    public CoordinatorOptions Accept(string urn, string kind, string queue = Names.DefaultQueue, string? exchange = null) =>
        Accept(new AcceptedCommand(urn, exchange ?? AcceptedCommand.ExchangeOf(urn), kind, queue));

    private CoordinatorOptions Accept(AcceptedCommand command) => accepted.TryAdd(command.Checked().Urn, command)
        ? this
        : throw new JobRefusedException("message urn", command.Urn, "each type once");
}
