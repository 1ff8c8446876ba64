using System.Net.Mime;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace BusJobs.Api.Input;

/// <summary>Reads the body of a request, never more of it than is allowed.</summary>
internal static class Body
{
    /// <summary>Enough for every body that holds no payload.</summary>
    public const int SmallBytes = 16 * 1024;

    /// <exception cref="InputException">It is of another type (415), too large (413), or no strict JSON (400).</exception>
    public static async Task<JsonDocument> ReadAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        CheckHeaders(request, maxBytes);
        using var bytes = new MemoryStream((int)(request.ContentLength ?? 0));
        try
        {
            await request.Body.CopyToAsync(bytes, cancellationToken);
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw TooLarge(maxBytes);
        }

        var document = StrictJson.Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
        request.HttpContext.Response.RegisterForDispose(document);
        return document;
    }

    /// <summary>
    /// Refuses what can be refused before a byte is read, and has the server stop reading at the limit, whatever the client says of the
    /// length. Below it, the server reads to the end what we do not, or a client that is still sending would see a broken connection
    /// in place of its answer.
    /// </summary>
    public static void CheckHeaders(HttpRequest request, int maxBytes)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || type.MediaType != MediaTypeNames.Application.Json
            || (type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw new InputException(
                new Place(Header: "Content-Type"), "The body must be application/json in UTF-8.", StatusCodes.Status415UnsupportedMediaType);
        }

        if (request.Headers.ContentEncoding.Count > 0)
        {
            throw new InputException(
                new Place(Header: "Content-Encoding"), "The body must not be compressed.", StatusCodes.Status415UnsupportedMediaType);
        }

        if (request.ContentLength > maxBytes)
        {
            throw TooLarge(maxBytes);
        }

        Bound(request.HttpContext, maxBytes);
    }

    /// <summary>Sets where the server stops reading.</summary>
    public static void Bound(HttpContext http, int maxBytes)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = maxBytes;
        }
    }

    private static InputException TooLarge(int maxBytes) =>
        new(new Place(""), $"The body is larger than {maxBytes:N0} bytes.", StatusCodes.Status413PayloadTooLarge);
}
