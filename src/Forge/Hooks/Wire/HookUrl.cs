using System.Net;

namespace Forge.Hooks.Wire;

/// <summary>
/// Which addresses a webhook may be sent to, as far as the text alone tells; what a name resolves to is judged at each connect
/// (<see cref="GuardedSocket"/>). Forms that two parsers could read differently are refused, however harmless.
/// </summary>
internal static class HookUrl
{
    private const int MaxLength = 2_000;

    /// <summary>Words are shorter; receivers like to put a token of theirs into the path.</summary>
    private const int LongSegment = 20;

    private const string Mask = "•••";

    /// <summary>Names that mean something only inside.</summary>
    private static readonly string[] InsideOnly = [".internal", ".local", ".localhost", ".localdomain", ".lan", ".home.arpa", ".intranet", ".corp"];

    /// <returns>Why it is refused, as the end of a sentence ("expected ..."); null when it is not.</returns>
    public static string? Fault(string? url, HookOptions options)
    {
        if (url is not { Length: > 0 and <= MaxLength })
        {
            return $"a URL of at most {MaxLength:N0} characters";
        }

        if (url.Any(c => c is <= ' ' or >= '\x7f' or '\\'))
        {
            return "only printable ASCII without spaces and backslashes; write other scripts in punycode";
        }

        if (SchemeFault(url, options) is { } fault)
        {
            return fault;
        }

        if (url.Contains('#', StringComparison.Ordinal) || !Uri.TryCreate(url, UriKind.Absolute, out var uri))
        {
            return "a URL such as https://example.org/hook, without a fragment";
        }

        return uri.UserInfo.Length > 0 || Authority(url).Contains('@', StringComparison.Ordinal) ? "no user or password in the URL"
            : !options.AllowedPorts.Contains(uri.Port) ? $"one of the ports {string.Join(", ", options.AllowedPorts)}"
            : HostFault(Authority(url), uri, options);
    }

    /// <summary>Without what may be a secret of the receiver: values of the query, and long segments of the path.</summary>
    public static string ForPeople(string url)
    {
        var uri = new Uri(url);
        var path = uri.AbsolutePath.Split('/').Select(segment => segment.Length < LongSegment ? segment : Mask);
        var query = uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.IndexOf('=') is > 0 and var at ? pair[..(at + 1)] + Mask : Mask);
        return uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) + string.Join('/', path) + (uri.Query.Length > 1 ? "?" + string.Join('&', query) : "");
    }

    private static string? SchemeFault(string url, HookOptions options) =>
        url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || (options.AllowPlainHttp && url.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
            ? null
            : options.AllowPlainHttp ? "a URL that begins with https:// or http://" : "a URL that begins with https://";

    private static string? HostFault(string authority, Uri uri, HookOptions options)
    {
        if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address))
        {
            // 127.1, 0x7f000001 and [::ffff:7f00:1] are addresses, too, but nobody writes them who means well.
            return !authority.StartsWith(uri.Host, StringComparison.OrdinalIgnoreCase) || uri.Host.Contains('%', StringComparison.Ordinal)
                ? "an address in its usual form"
                : PublicAddress.Fault(address, options) is { } what ? $"a public address ({address} is {what})" : null;
        }

        var host = uri.IdnHost.TrimEnd('.').ToLowerInvariant();
        var last = host[(host.LastIndexOf('.') + 1)..];
        return uri.HostNameType != UriHostNameType.Dns || last.Length == host.Length || !char.IsAsciiLetter(last[0]) ? "a full host name such as hooks.example.org"
            : InsideOnly.Any(end => host.EndsWith(end, StringComparison.Ordinal)) ? "a public host name"
            : null;
    }

    private static string Authority(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal) + 3;
        var end = url.IndexOfAny(['/', '?'], start);
        return end < 0 ? url[start..] : url[start..end];
    }
}
