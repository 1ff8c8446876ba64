using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace BusJobs.Api.Dashboard.Shell;

/// <summary>Carries one sentence from an action to the page that the browser is sent to, in a cookie, so that no link can put words on a page.</summary>
public static class Said
{
    private const string Cookie = "busjobs-said";
    private const int Longest = 500;

    extension(HttpContext http)
    {
        /// <summary>Sends the browser to a page of this server, which says the sentence once. What has changed something answers with a <see cref="Deed"/>.</summary>
        public IResult GoTo(string path, string sentence)
        {
            var cut = sentence.Length > Longest ? sentence[..Longest] : sentence;
            http.Response.Cookies.Append(Cookie, Base64Url.EncodeToString(Encoding.UTF8.GetBytes(cut)), Options(http));
            return new SeeOther(path);
        }

        internal string? TakeSaid()
        {
            if (http.Request.Cookies[Cookie] is not { Length: > 0 and <= Longest * 6 } said)
            {
                return null;
            }

            http.Response.Cookies.Delete(Cookie, Options(http));
            return Base64Url.IsValid(said) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(said)) : null;
        }
    }

    private static CookieOptions Options(HttpContext http) => new()
    {
        HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps, Path = "/", IsEssential = true,
    };

    /// <summary>303: whatever was sent is not sent again when the page is loaded again.</summary>
    internal sealed class SeeOther(string path) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = path;
            return Task.CompletedTask;
        }
    }
}
