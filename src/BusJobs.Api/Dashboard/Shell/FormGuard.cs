using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using BusJobs.Api.Access;
using BusJobs.Api.Input;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace BusJobs.Api.Dashboard.Shell;

/// <summary>
/// Reads a form, and only one that a page of this session has sent: each carries a token that is made of the session's and of a secret of this process. Nothing is
/// stored, and a restart ends tokens together with sessions.
/// </summary>
internal sealed class FormGuard
{
    public const string Field = "formToken";

    private readonly byte[] secret = RandomNumberGenerator.GetBytes(32);

    /// <summary>The token for forms of the caller's session, or of whom the host has signed in; null without either.</summary>
    public string? TokenOf(HttpContext http) => Owner(http) is { } owner
        ? Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(owner)))
        : null;

    /// <summary>No token of a session has a space in it.</summary>
    private static string? Owner(HttpContext http) => http.User.IsOfHost ? $"host {http.User.KeyName}" : http.Request.Cookies[Sessions.Cookie] is { Length: > 0 } session ? session : null;

    /// <exception cref="InputException">It is no form (415), too large (413), or of no page of this session (400).</exception>
    public async Task<IFormCollection> ReadAsync(HttpContext http, int maxBytes, CancellationToken cancellationToken)
    {
        var form = await ReadUncheckedAsync(http, maxBytes, cancellationToken);
        var sent = Encoding.UTF8.GetBytes(form[Field].ToString());
        return TokenOf(http) is { } token && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), sent)
            ? form
            : throw new InputException(new Place(""), "This form is of another session or too old: load its page again, and repeat what you did.");
    }

    /// <summary>For the one form that has no session yet.</summary>
    public static async Task<IFormCollection> ReadUncheckedAsync(HttpContext http, int maxBytes, CancellationToken cancellationToken)
    {
        if (!http.Request.HasFormContentType)
        {
            throw new InputException(new Place(Header: "Content-Type"), "The body must be that of a form.", StatusCodes.Status415UnsupportedMediaType);
        }

        Body.Bound(http, maxBytes);
        try
        {
            return await http.Request.ReadFormAsync(new FormOptions { ValueCountLimit = 32, ValueLengthLimit = maxBytes, BufferBody = false }, cancellationToken);
        }
        catch (InvalidDataException)
        {
            throw new InputException(new Place(""), "The form could not be read.");
        }
    }
}
