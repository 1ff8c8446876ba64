using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Api.Operate;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Jobs;

/// <summary>Which of the jobs that wait or run to cancel.</summary>
public sealed record CancelRequest
{
    /// <summary>Those in these states, of scheduled, ready and dispatched. Default: all three.</summary>
    public IReadOnlyList<string>? States { get; init; }

    public string? Kind { get; init; }
    public string? Queue { get; init; }
    public string? Tenant { get; init; }
    public string? Tag { get; init; }

    /// <summary><c>name=value</c>: a member at the top of the payload, and its text, number, true or false.</summary>
    public string? Member { get; init; }

    /// <summary>Enqueued on this day or at this time, or later.</summary>
    public string? From { get; init; }

    /// <summary>Enqueued before this day or time.</summary>
    public string? To { get; init; }

    /// <summary>True for all jobs in the states; needed when nothing else says which.</summary>
    public bool? All { get; init; }

    /// <summary>At most so many, 1 to 10,000. Default: 1,000.</summary>
    public int? Limit { get; init; }

    /// <summary>The <c>next</c> of the answer before, with what else was said there.</summary>
    public string? Cursor { get; init; }

    /// <summary>True to count them only.</summary>
    public bool? DryRun { get; init; }
}

/// <param name="Cancelled">How many waited and will never start, or would.</param>
/// <param name="Requested">How many run and are asked to stop, or would be.</param>
/// <param name="Next">For the member <c>cursor</c> of the next request; null when all jobs were looked at. An answer may count few jobs, even none, and have a next one.</param>
public sealed record CancelAnswer(int Cancelled, int Requested, string? Next, bool DryRun);

/// <summary>Cancels jobs by filter.</summary>
internal sealed class CancelEndpoint(ILedger ledger, Actions actions)
{
    private const int DefaultLimit = 1_000;
    private const int MaxLimit = 10_000;

    /// <summary>In the order in which a job goes through them, so that one that moves on meanwhile is met all the same.</summary>
    public static readonly IReadOnlyList<LedgerState> Live = [LedgerState.Scheduled, LedgerState.Ready, LedgerState.Dispatched];

    public static void Map(IEndpointRouteBuilder api) => api
        .MapPost("/jobs/cancel", (HttpContext http, CancelEndpoint cancel, CancellationToken token) => cancel.CancelAsync(http, token))
        .Accepts<CancelRequest>("application/json").Produces<CancelAnswer>().Refuses(400, 413, 415).Needs(ApiScopes.Operate).WithMetadata(new RecordsItself()).WithName("CancelJobs")
        .WithSummary("Cancel jobs that wait or run.")
        .WithDescription("Those that wait never start; those that run are asked to stop. With dryRun, they are only counted. A request looks at 10,000 jobs of each state at most, "
            + "or 2,000 payloads: while the answer has a 'next', repeat the request with that as its cursor.");

    private async Task<IResult> CancelAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var body = await Body.ReadAsync(http.Request, Body.SmallBytes, cancellationToken);
        var asked = Read(http, new Fields(body.RootElement, "", ["states", .. FilterQuery.Choices, "all", "limit", "cursor", "dryRun"]));
        var (jobs, next) = await MatchingAsync(asked, cancellationToken);
        var running = jobs.Count(job => job.State == LedgerState.Dispatched);
        // Where no job was found, nothing is done that could be recorded.
        var report = asked.IsDry || jobs.Count == 0
            ? new CancelReport(jobs.Count - running, running)
            : await actions.CancelManyAsync(http.User, [.. jobs.Select(job => job.Id)], asked.Target, cancellationToken);
        return TypedResults.Ok(new CancelAnswer(report.Cancelled, report.Requested, next, asked.IsDry));
    }

    /// <summary>Reads one page of each state, and no further state once a page is not the last of its own.</summary>
    private async Task<(IReadOnlyList<JobSummary> Jobs, string? Next)> MatchingAsync(Asked asked, CancellationToken cancellationToken)
    {
        var (jobs, met, after) = (new List<JobSummary>(), new HashSet<Guid>(), asked.After);
        for (var i = asked.First; i < asked.Filters.Count; i++)
        {
            var filter = asked.Filters[i];
            if (jobs.Count == asked.Limit)
            {
                return (jobs, Cursor.Write(place: null, filter));
            }

            var page = await ledger.ListAsync(filter, after, asked.Limit - jobs.Count, cancellationToken);
            // Between two states a job may have moved on.
            jobs.AddRange(page.Jobs.Where(job => met.Add(job.Id)));
            if (page.Next is { } next)
            {
                return (jobs, Cursor.Write(next, filter));
            }

            after = null;
        }

        return (jobs, null);
    }

    private static Asked Read(HttpContext http, Fields fields)
    {
        var faults = new Faults();
        var filter = faults.Read(() => FilterQuery.Read(http, fields)) ?? new JobFilter();
        var states = faults.Read(() => States(fields)) ?? [];
        var limit = faults.Read(() => fields.Number("limit", 1, MaxLimit)) ?? DefaultLimit;
        var (all, isDry) = (faults.Read(() => fields.Flag("all")), faults.Read(() => fields.Flag("dryRun")));
        faults.Throw();
        if (all != true && FilterQuery.Choices.All(name => fields.Raw(name) is null))
        {
            throw new InputException(new Place(""), $"Say which jobs: a {string.Join(", a ", FilterQuery.Choices.SkipLast(2))}, a time ('from' or 'to'), or \"all\": true.");
        }

        List<JobFilter> filters = [.. states.Select(state => filter with { State = state })];
        var (first, after) = Cursor.Read(fields, filters);
        var words = states.Count == Live.Count ? "" : string.Join(" or ", states.Select(state => state.Word)) + " ";
        return new Asked(filters, first, after, limit, $"{words}jobs{FilterQuery.AddressOf(fields)}", isDry == true);
    }

    private static IReadOnlyList<LedgerState> States(Fields fields)
    {
        var words = fields.Texts("states", Live.Count);
        var allowed = string.Join(", ", Live.Select(state => state.Word));
        return fields.Raw("states") is null ? Live
            : words.Count == 0 ? throw fields.Refused("states", "[]", allowed)
            : words.FirstOrDefault(word => Live.All(state => state.Word != word)) is { } other ? throw fields.Refused("states", other, allowed)
            : [.. Live.Where(state => words.Contains(state.Word))];
    }

    /// <param name="Filters">One for each state.</param>
    /// <param name="First">The first of them that is not looked through yet.</param>
    /// <param name="After">Where to go on in that one; null for its beginning.</param>
    /// <param name="Target">Which jobs these are, for people.</param>
    private sealed record Asked(IReadOnlyList<JobFilter> Filters, int First, JobPlace? After, int Limit, string Target, bool IsDry);
}
