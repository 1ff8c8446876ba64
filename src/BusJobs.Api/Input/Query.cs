using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace BusJobs.Api.Input;

/// <summary>Reads the parameters of a query by type; each may be there once, and no other may be there.</summary>
internal sealed class Query
{
    private readonly IQueryCollection values;

    /// <exception cref="InputException">A parameter is unknown, or there twice.</exception>
    public Query(HttpRequest request, params ReadOnlySpan<string> known)
    {
        values = request.Query;
        foreach (var (name, given) in values)
        {
            if (!known.Contains(name))
            {
                throw InputException.Refused(new Place(Parameter: name), "parameter", name, $"one of {string.Join(", ", known!)}");
            }

            if (given.Count != 1)
            {
                throw new InputException(new Place(Parameter: name), $"{name} is given more than once.");
            }
        }
    }

    /// <summary>Empty and absent are the same.</summary>
    public string? Text(string name) => values[name] is [{ Length: > 0 } text] ? text : null;

    /// <summary>A name by the rule of <see cref="Names"/>.</summary>
    public string? Name(string name) => Text(name) is not { } text ? null : Names.IsAllowed(text) ? text : throw Refused(name, text, Names.Allowed);

    public int? Number(string name, int least, int most) => Text(name) is not { } text
        ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Refused(name, text, $"a whole number from {least:N0} to {most:N0}");

    public DateTimeOffset? Time(string name) => Text(name) is not { } text
        ? null
        : DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw Refused(name, text, "a day or a time, such as 2026-01-31 or 2026-01-31T12:00:00Z");

    public InputException Refused(string name, string value, string allowed) => InputException.Refused(new Place(Parameter: name), name, value, allowed);
}
