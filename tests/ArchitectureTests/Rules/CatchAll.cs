using System.Text.RegularExpressions;

namespace BusJobs.ArchitectureTests.Rules;

/// <summary>One catch-all per loop and one around user code. A filter that names types (<c>when (exception is A or B)</c>) is none.</summary>
internal static partial class CatchAll
{
    public static readonly IReadOnlyDictionary<string, string> Reasons = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["src/BusJobs.Api/Dashboard/Letters/Ramps.cs"] = "the clock of ramps outlives a ledger that is away",
        ["src/BusJobs.Api/Enqueue/GroupCommit.cs"] = "whatever a commit throws is the answer of its requests",
        ["src/BusJobs.Api/Operate/WorkerEar.cs"] = "connects whatever the broker's fault; the next turn is the next try",
        ["src/BusJobs.Bus/Endpoints/EndpointWatch.cs"] = "the next turn of the watch is the next try at a restart",
        ["src/BusJobs.Cli/Ledgers/NewBuild.cs"] = "around constructors and converters of the user's commands",
        ["src/BusJobs.Coordinator/CoordinatorLoop.cs"] = "the loop under all loops of a coordinator outlives their errors",
        ["src/BusJobs.Coordinator/Dispatching/Sender.cs"] = "sends in the background: a fault leaves the dispatch undecided, for Reclaim to find",
        ["src/BusJobs.Coordinator/Receiving/Admitter.cs"] = "inserts a batch however often it takes",
        ["src/BusJobs.Coordinator/Settling/DeadLetterCopies.cs"] = "copies are a convenience; the loop outlives a copy that cannot be sent",
        ["src/BusJobs.Coordinator/Settling/SettlementConsumer.cs"] = "a broadcast that fails must not reach MassTransit's error queue",
        ["src/BusJobs.Coordinator/Settling/Settler.cs"] = "writes a batch however often it takes",
        ["src/BusJobs.Outbox/Relaying/Clearing.cs"] = "deletes however often it takes; and around the user's hook",
        ["src/BusJobs.Outbox/Relaying/Flight.cs"] = "sends in the background: whatever went wrong, the jobs go back to the outbox",
        ["src/BusJobs.Outbox/Relaying/RelayLoop.cs"] = "the loop under all loops of a relay outlives their errors",
        ["src/BusJobs.Scheduling/Services/TimedService.cs"] = "a run that fails is noted, and the clock goes on",
        ["src/BusJobs.Worker/Beat/Heartbeat.cs"] = "the beat's thread outlives its errors, and any fault of the broker is an unconfirmed beat",
        ["src/BusJobs.Worker/Hold/PatientSender.cs"] = "sends an outcome however often it takes",
        ["src/BusJobs.Worker/JobWorker.cs"] = "connects and stops whatever the broker's fault",
        ["src/BusJobs.Worker/Local/LocalProcessor.cs"] = "around the user's work; and the keys may be away for any reason",
        ["src/BusJobs.Worker/Receive/DispatchConsumer.cs"] = "nothing may be thrown to MassTransit, which would move the message away",
        ["src/BusJobs.Worker/Receive/Watchdog.cs"] = "the next pulse is the next try at a restart",
        ["src/BusJobs.Worker/Run/JobTries.cs"] = "around the user's handler: whatever it throws becomes a settlement",
        ["src/BusJobs.Worker/Run/QueueRunner.cs"] = "the loop that runs jobs outlives a fault of its own",
        ["src/BusJobs.Worker/Settle/ReasonText.cs"] = "an exception's own text may throw",
    };

    [GeneratedRegex(@"catch\s*(\(\s*(System\.)?Exception\b[^)]*\))?\s*(when\s*\((?<filter>.*)\))?\s*(\{|$)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Catch { get; }

    [GeneratedRegex(@"^\s*(\w+)\s+is\s+(?!null|not null)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex NamesTypes { get; }

    public static IEnumerable<string> Unlisted(IEnumerable<SourceFile> files, IReadOnlyDictionary<string, string> reasons) =>
        files.Where(file => CatchesAll(file) && !reasons.ContainsKey(file.Path)).Select(file => $"{file.Path} catches everything, for no listed reason.");

    /// <summary>Reasons for what is no longer there.</summary>
    public static IEnumerable<string> Stale(IEnumerable<SourceFile> files, IReadOnlyDictionary<string, string> reasons) =>
        reasons.Keys.Except(files.Where(CatchesAll).Select(file => file.Path)).Select(path => $"{path} is listed, and catches nothing more.");

    private static bool CatchesAll(SourceFile file) => Catch.Matches(file.Text).Any(match => !NamesTypes.IsMatch(match.Groups["filter"].Value));
}
