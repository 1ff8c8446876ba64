using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace BusJobs.Api.Input;

/// <summary>What a request says, by name: the parameters of its query, or the members of its body.</summary>
internal abstract class Words
{
    /// <summary>Null when nothing is said.</summary>
    public abstract string? Text(string name);

    /// <summary>Where it is said, for what is wrong with it.</summary>
    public abstract Place At(string name);

    /// <summary>A name by the rule of <see cref="Names"/>.</summary>
    public string? Name(string name) => Text(name) is not { } text ? null : Names.IsAllowed(text) ? text : throw Refused(name, text, Names.Allowed);

    public DateTimeOffset? DayOrTime(string name) => Text(name) is not { } text
        ? null
        : DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw Refused(name, text, "a day or a time, such as 2026-01-31 or 2026-01-31T12:00:00Z");

    public InputException Refused(string name, string? value, string allowed) => InputException.Refused(At(name), name, value, allowed);
}

/// <summary>Reads the parameters of a query by type; each may be there once, and no other may be there.</summary>
internal sealed class Query : Words
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
    public override string? Text(string name) => values[name] is [{ Length: > 0 } text] ? text : null;

    public override Place At(string name) => new(Parameter: name);

    public int? Number(string name, int least, int most) => Text(name) is not { } text
        ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Refused(name, text, $"a whole number from {least:N0} to {most:N0}");
}
