using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace BusJobs.Api.Dashboard.Shell;

/// <summary>The style sheet and the script, compiled in, so that no page needs another host or a folder beside the binary.</summary>
internal static class Files
{
    private static readonly Dictionary<string, (byte[] Content, string Type, string Mark)> All = new(StringComparer.Ordinal)
    {
        ["style.css"] = Load("style.css", "text/css; charset=utf-8"),
        ["live.js"] = Load("live.js", "text/javascript; charset=utf-8"),
        ["icon.svg"] = Load("icon.svg", "image/svg+xml"),
    };

    /// <summary>The address of a file; another content has another address, so that browsers may keep it.</summary>
    public static string Address(string name) => $"/files/{name}?v={All[name].Mark}";

    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/files/{name}", Send).AllowAnonymous().ExcludeFromDescription();

    private static IResult Send(HttpContext http, string name)
    {
        if (!All.TryGetValue(name, out var file))
        {
            return TypedResults.NotFound();
        }

        http.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return TypedResults.Bytes(file.Content, file.Type);
    }

    private static (byte[] Content, string Type, string Mark) Load(string name, string type)
    {
        using var stream = typeof(Files).Assembly.GetManifestResourceStream(name)!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return (content.ToArray(), type, Convert.ToHexStringLower(SHA256.HashData(content.ToArray()).AsSpan(0, 6)));
    }
}
