using System.Text.Json;
using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace BusJobs.Api.Enqueue;

/// <summary>Puts jobs in: one, or many as one.</summary>
internal sealed class EnqueueEndpoints(GroupCommit commit, Room room, ILedger ledger, IOptions<ApiOptions> options, TimeProvider clock)
{
    /// <summary>A payload, and what stands around it.</summary>
    private const int MaxJobBytes = Limits.MaxPayloadBytes + Body.SmallBytes;

    /// <summary>A batch names this many of its faults.</summary>
    private const int MaxFaults = 10;

    private static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(1);

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/jobs", (HttpContext http, EnqueueEndpoints endpoints, CancellationToken token) => endpoints.EnqueueAsync(http, token))
            .Accepts<JobRequest>("application/json").Produces<EnqueueAnswer>(202).Produces<EnqueueAnswer>(200)
            .Refuses(400, 413, 415, 422, 429).Needs(ApiScopes.Enqueue).WithName("EnqueueJob").WithSummary("Enqueue one job.")
            .WithDescription("202: it is committed and will run. 200: a job with this id or unique key is there already. "
                + "With an Idempotency-Key, a repeat of the request answers with the first one's job, and another body is refused (422).");
        api.MapPost("/jobs/batch", (HttpContext http, EnqueueEndpoints endpoints, CancellationToken token) => endpoints.EnqueueManyAsync(http, token))
            .Accepts<BatchRequest>("application/json").Produces<BatchAnswer>(202).Produces<BatchAnswer>(200).Produces<BatchAnswer>(429)
            .Refuses(400, 413, 415).Needs(ApiScopes.Enqueue).WithName("EnqueueBatch").WithSummary("Enqueue many jobs as one.")
            .WithDescription("A fault in one job means that none is enqueued. Admission is answered per job.");
    }

    private async Task<IResult> EnqueueAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var context = new EnqueueContext(http, options.Value, clock, isBatch: false);
        if (await ReadAsync(http, MaxJobBytes, cancellationToken) is not { } body)
        {
            return Full();
        }

        var job = JobRequest.Read(body.RootElement, "", context);
        var answer = EnqueueAnswer.Of((await commit.EnqueueAsync([job], cancellationToken))[0]);
        if (answer is not { Id: { } id })
        {
            return Problems.TryLater(TimeSpan.FromSeconds(answer.RetryAfterSeconds ?? 1), WhyNot(answer));
        }

        if (answer.Status == "duplicate" && id == job.Id && context.IsIdempotent(id) && !await IsSameAsync(job, cancellationToken))
        {
            return Problems.Refused(
                StatusCodes.Status422UnprocessableEntity, $"This Idempotency-Key was used for another body: it is that of job {id}.");
        }

        return answer.Status == "enqueued" ? TypedResults.Accepted($"/api/jobs/{id}", answer) : TypedResults.Ok(answer);
    }

    private async Task<IResult> EnqueueManyAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var context = new EnqueueContext(http, options.Value, clock, isBatch: true);
        if (await ReadAsync(http, options.Value.MaxBatchBytes, cancellationToken) is not { } body)
        {
            return Full();
        }

        var results = await commit.EnqueueAsync(Jobs(body.RootElement, context), cancellationToken);
        var answers = results.Select(EnqueueAnswer.Of).ToList();
        if (answers.TrueForAll(answer => !answer.IsIn))
        {
            http.Response.Headers.RetryAfter = $"{answers.Max(answer => answer.RetryAfterSeconds)}";
            return TypedResults.Json(new BatchAnswer(answers), statusCode: StatusCodes.Status429TooManyRequests);
        }

        var isNew = answers.Exists(answer => answer.Status == "enqueued");
        return TypedResults.Json(new BatchAnswer(answers), statusCode: isNew ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
    }

    /// <summary>Takes the room for the body before a byte of it is read.</summary>
    /// <returns>Null when there is no room.</returns>
    private async Task<JsonDocument?> ReadAsync(HttpContext http, int maxBytes, CancellationToken cancellationToken)
    {
        Body.CheckHeaders(http.Request, maxBytes);
        if (room.Take(forJobs: 0, http.Request.ContentLength ?? maxBytes) is not { } share)
        {
            return null;
        }

        http.Response.RegisterForDispose(share);
        return await Body.ReadAsync(http.Request, maxBytes, cancellationToken);
    }

    private List<NewJob> Jobs(JsonElement body, EnqueueContext context)
    {
        var list = new Fields(body, "", "jobs").Raw("jobs");
        var most = options.Value.MaxBatch;
        if (list is not { ValueKind: JsonValueKind.Array } elements || elements.GetArrayLength() is var count && (count < 1 || count > most))
        {
            throw InputException.Refused(new Place("/jobs"), "jobs", list is null ? null : "(this list)", $"a list of 1 to {most:N0} jobs");
        }

        var (jobs, faults, ids) = (new List<NewJob>(), new List<InputFault>(), new HashSet<Guid>());
        foreach (var (index, element) in elements.EnumerateArray().Index())
        {
            try
            {
                var job = JobRequest.Read(element, $"/jobs/{index}", context);
                if (!ids.Add(job.Id))
                {
                    throw InputException.Refused(new Place($"/jobs/{index}/id"), "id", job.Id.ToString(), "an id that no other job of the batch has");
                }

                jobs.Add(job);
            }
            catch (InputException exception) when (exception.Status == StatusCodes.Status400BadRequest)
            {
                faults.AddRange(exception.Faults);
                if (faults.Count == MaxFaults)
                {
                    break;
                }
            }
        }

        return faults.Count == 0 ? jobs : throw new InputException(StatusCodes.Status400BadRequest, faults);
    }

    /// <summary>Whether the job that the ledger has is the one that was sent. Its times are not compared: retries move them.</summary>
    private async Task<bool> IsSameAsync(NewJob job, CancellationToken cancellationToken) =>
        await ledger.FindAsync(job.Id, cancellationToken) is not { } known
        || (known.Kind == job.Kind && known.Queue == job.Queue && known.Payload == job.Payload && known.Priority == job.Priority && known.Tenant == job.Tenant
            && known.MaxAttempts == job.MaxAttempts && known.Timeout == job.Timeout && known.Tags.SequenceEqual(job.Tags));

    private static IResult Full() => Problems.TryLater(ComeBack, "The server holds as many jobs as it can; try again soon.");

    private static string WhyNot(EnqueueAnswer answer) => answer.Status == "rateLimited"
        ? $"The limit of jobs per time is reached; try again in {answer.RetryAfterSeconds} s."
        : $"The queue or the server is full; try again in {answer.RetryAfterSeconds} s.";
}
