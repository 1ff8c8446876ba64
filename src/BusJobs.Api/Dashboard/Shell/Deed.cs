using BusJobs.Api.Operate;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace BusJobs.Api.Dashboard.Shell;

/// <summary>The answer to a form that has changed something: it is recorded in the audit, and the browser is sent to a page that says so.</summary>
/// <param name="What">The deed in the audit, such as <c>webhook.redeliver</c>.</param>
/// <param name="Target">What it was done to.</param>
/// <param name="Result">What came of it, for the audit.</param>
/// <param name="To">A page of this server.</param>
/// <param name="Sentence">What that page says, once.</param>
public sealed record Deed(string What, string Target, string Result, string To, string Sentence) : IResult
{
    /// <summary>More of it for the audit. No secrets, no payloads.</summary>
    public string? Detail { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await httpContext.RequestServices.GetRequiredService<Actions>().RecordAsync(httpContext.User, What, Target, Detail, Result);
        await httpContext.GoTo(To, Sentence).ExecuteAsync(httpContext);
    }
}
