using System.Data.Common;
using BusJobs.Api.Dashboard.Shell;
using BusJobs.Scheduling;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace BusJobs.Api.Input;

/// <summary>
/// Turns whatever a request ends in, other than well, into problem details (RFC 9457). <c>errors</c> names the places in the
/// input. No stack trace, no message of a database, and no 500 for what a caller can mend.
/// </summary>
internal sealed class Problems(ILogger<Problems> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var answer = Answer(exception, HttpMethods.IsPost(httpContext.Request.Method));
        if (httpContext.IsPage && Told(answer) is { } told)
        {
            answer = await httpContext.RefusedPageAsync(told.Status, told.Detail);
        }

        await answer.ExecuteAsync(httpContext);
        return true;
    }

    public static IResult Refused(int status, string detail) => TypedResults.Problem(detail, statusCode: status, title: ReasonPhrases.GetReasonPhrase(status));

    public static IResult NotFound(Guid id) => Refused(StatusCodes.Status404NotFound, $"There is no job {id}.");

    /// <summary>429: the same request may be let in later.</summary>
    public static IResult TryLater(TimeSpan after, string detail) => new LaterResult(StatusCodes.Status429TooManyRequests, after, detail);

    private static (int Status, string Detail)? Told(IResult answer) => answer switch
    {
        LaterResult later => (later.Status, later.Detail),
        ProblemHttpResult { ProblemDetails: { Status: { } status, Detail: { } detail } } => (status, detail),
        _ => null,
    };

    private IResult Answer(Exception exception, bool isPost)
    {
        switch (exception)
        {
            case InputException input:
                return Input(input.Status, input.Faults);
            case JobRefusedException refused:
                return Input(StatusCodes.Status400BadRequest, [InputFault.At(new Place(PointerTo(refused.Field)), refused.Message)]);
            case ChangedMeanwhileException changed:
                return Refused(StatusCodes.Status412PreconditionFailed, changed.Message);
            case BadHttpRequestException bad:
                return Refused(bad.StatusCode, "The request could not be read to its end.");
            case OperationCanceledException:
                return Refused(StatusCodes.Status503ServiceUnavailable, "The server is stopping, or the caller has gone.");
            case DbException or TimeoutException:
                logger.DatabaseAway(exception);
                return new LaterResult(
                    StatusCodes.Status503ServiceUnavailable, TimeSpan.FromSeconds(2),
                    "The ledger could not answer; try again soon." + (isPost ? " What was sent may have been done all the same: repeat it with the same id or Idempotency-Key." : ""));
            default:
                logger.Unforeseen(exception);
                return Refused(StatusCodes.Status500InternalServerError, "The server met a fault of its own, and has logged it.");
        }
    }

    /// <summary>The door names fields as the body does, with dots between levels.</summary>
    public static string PointerTo(string field) => "/" + field.Replace('.', '/');

    private static IResult Input(int status, IReadOnlyList<InputFault> faults) => TypedResults.Problem(
        faults[0].Detail, statusCode: status, title: ReasonPhrases.GetReasonPhrase(status),
        extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["errors"] = faults.Select(Named).ToList() });

    /// <summary>Only the one place that it has.</summary>
    private static Dictionary<string, string> Named(InputFault fault)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal) { ["detail"] = fault.Detail };
        foreach (var (name, place) in ((string, string?)[])[("pointer", fault.Pointer), ("parameter", fault.Parameter), ("header", fault.Header)])
        {
            if (place is not null)
            {
                named[name] = place;
            }
        }

        return named;
    }

    private sealed class LaterResult(int status, TimeSpan after, string detail) : IResult
    {
        public int Status => status;
        public string Detail => detail;

        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.RetryAfter = $"{Math.Max(1, Math.Ceiling(after.TotalSeconds)):0}";
            return Refused(status, detail).ExecuteAsync(httpContext);
        }
    }
}
