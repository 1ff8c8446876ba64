using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using BusJobs;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace Forge.Api;

/// <summary>Stands before every call: lets in who has the token, and tells faults as problem details.</summary>
internal sealed class Guard(string? token) : IEndpointFilter
{
    private const string Scheme = "Bearer ";

    private readonly byte[]? expected = token is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(token));

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (!IsLetIn(context.HttpContext.Request.Headers.Authorization.ToString()))
        {
            context.HttpContext.Response.Headers.WWWAuthenticate = "Bearer";
            return Problem(StatusCodes.Status401Unauthorized, "The call needs the header 'Authorization: Bearer' with the token of this forge.");
        }

        try
        {
            return await next(context);
        }
        catch (RefusedException exception)
        {
            return Problem(exception.Status, exception.Message);
        }
        catch (JobRefusedException exception)
        {
            return Problem(StatusCodes.Status400BadRequest, exception.Message);
        }
        catch (DbUpdateException exception) when (exception.InnerException is DbException { SqlState: "23505" } or Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: 19 })
        {
            return Problem(StatusCodes.Status409Conflict, "It is there already.");
        }
        catch (DbUpdateConcurrencyException)
        {
            return Problem(StatusCodes.Status409Conflict, "Somebody else has just changed it; look again.");
        }
        catch (Exception exception) when (exception is DbException or DbUpdateException or TimeoutException)
        {
            return Problem(StatusCodes.Status503ServiceUnavailable, "The forge's database cannot be reached now.");
        }
    }

    private bool IsLetIn(string header) => expected is null
        || (header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(expected, SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..]))));

    private static IResult Problem(int status, string detail) => TypedResults.Problem(detail, statusCode: status);
}
