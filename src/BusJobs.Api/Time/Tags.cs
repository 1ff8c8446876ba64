using System.Security.Cryptography;
using System.Text.Json;
using BusJobs.Api.Input;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace BusJobs.Api.Time;

/// <summary>
/// Against lost updates: what is shown has an <c>ETag</c> of its content, and a change that brings it back in <c>If-Match</c> is made only while it holds.
/// Without that header the last one wins.
/// </summary>
internal static class Tags
{
    public static string Of(object shown) => $"\"{Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(shown)).AsSpan(0, 12))}\"";

    extension(HttpContext http)
    {
        public void Tag(object shown) => http.Response.Headers.ETag = Of(shown);

        /// <summary>Tags of which one must hold; <c>*</c> stands for any. Null when the caller does not ask.</summary>
        /// <exception cref="InputException">The header is no list of tags.</exception>
        public IReadOnlyCollection<string>? Expected()
        {
            if (http.Request.Headers.IfMatch is not { Count: > 0 } header)
            {
                return null;
            }

            return EntityTagHeaderValue.TryParseStrictList(header, out var tags) && tags.Count > 0
                // A weak tag promises too little to change something by it.
                ? [.. tags.Where(tag => !tag.IsWeak).Select(tag => tag.Tag.ToString())]
                : throw new InputException(new Place(Header: "If-Match"), "If-Match is refused: expected the ETag of an answer, with its quotes, or *.");
        }
    }

    public static bool Hold(this IReadOnlyCollection<string> expected, object? shown) => shown is not null && (expected.Contains("*") || expected.Contains(Of(shown)));
}
