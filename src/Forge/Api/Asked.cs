using System.Globalization;
using System.Text.Json;
using BusJobs;
using Microsoft.AspNetCore.Http;

namespace Forge.Api;

/// <summary>Reads what a request brings. What is wrong with it is told in one sentence.</summary>
internal static class Asked
{
    private const int MaxBytes = 64 * 1024;

    /// <exception cref="RefusedException">The body is no such object: 400, 413 or 415.</exception>
    public static async Task<T> BodyAsync<T>(HttpContext context, CancellationToken cancellationToken)
    {
        if (!context.Request.HasJsonContentType())
        {
            throw new RefusedException(StatusCodes.Status415UnsupportedMediaType, "The body must be sent as application/json.");
        }

        using var kept = new MemoryStream();
        var chunk = new byte[8 * 1024];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            kept.Write(chunk, 0, read);
            if (kept.Length > MaxBytes)
            {
                throw new RefusedException(StatusCodes.Status413PayloadTooLarge, $"The body must have at most {MaxBytes:N0} bytes.");
            }
        }

        try
        {
            return JsonSerializer.Deserialize<T>(kept.GetBuffer().AsSpan(0, (int)kept.Length), PayloadJson.Options)
                ?? throw new RefusedException(StatusCodes.Status400BadRequest, "The body must be a JSON object.");
        }
        catch (JsonException exception)
        {
            throw new RefusedException(StatusCodes.Status400BadRequest, exception.Path is { Length: > 1 } place ? $"The body is refused at {place}." : "The body is not the JSON object that was expected; unknown and missing members are refused.");
        }
    }

    /// <exception cref="JobRefusedException">It does not hold.</exception>
    public static void Require(bool holds, string field, string? value, string allowed)
    {
        if (!holds)
        {
            throw new JobRefusedException(field, value, allowed);
        }
    }

    /// <summary>A moment of the query; without an offset it is one of UTC.</summary>
    public static DateTimeOffset Moment(HttpContext context, string field, string example)
    {
        var text = context.Request.Query[field].ToString();
        Require(DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at), field, text, $"a time such as {example}");
        return at;
    }

    /// <summary>A choice of the query; null when it is not made.</summary>
    public static bool? Choice(HttpContext context, string field)
    {
        var text = context.Request.Query[field].ToString();
        var isOne = bool.TryParse(text, out var chosen);
        Require(isOne || text.Length == 0, field, text, "true or false");
        return isOne ? chosen : null;
    }

    /// <summary>A commit's full id.</summary>
    public static void RequireCommit(string field, string? id) =>
        Require(id is { Length: 40 or 64 } && id.All(char.IsAsciiHexDigitLower), field, id, "the full id of a commit, in lower case");

    /// <summary>Names of people and checks.</summary>
    public static void RequireWord(string field, string? word) =>
        Require(word is { Length: > 0 and <= 100 } && !word.Any(char.IsControl) && !string.IsNullOrWhiteSpace(word), field, word, "1 to 100 characters without control characters");
}

/// <summary>What a caller can mend, with the status that says so.</summary>
internal sealed class RefusedException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;

    public static RefusedException NotFound(string what) => new(StatusCodes.Status404NotFound, $"There is no {what}.");
}
