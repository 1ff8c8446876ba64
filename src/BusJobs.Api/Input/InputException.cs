using Microsoft.AspNetCore.Http;

namespace BusJobs.Api.Input;

/// <summary>Where in a request something is.</summary>
/// <param name="Pointer">A JSON pointer into the body, such as <c>/jobs/3/priority</c>; empty for the body as a whole.</param>
/// <param name="Parameter">The name of a parameter of the path or query.</param>
/// <param name="Header">The name of a header.</param>
internal sealed record Place(string? Pointer = null, string? Parameter = null, string? Header = null);

/// <summary>One thing that is wrong with a request, in one sentence.</summary>
internal sealed record InputFault(string Detail, string? Pointer, string? Parameter, string? Header)
{
    public static InputFault At(Place place, string detail) => new(detail, place.Pointer, place.Parameter, place.Header);
}

/// <summary>A request that no retry can mend: answered with problem details that name each place.</summary>
internal sealed class InputException(int status, IReadOnlyList<InputFault> faults) : Exception(faults[0].Detail)
{
    public InputException(Place place, string detail, int status = StatusCodes.Status400BadRequest)
        : this(status, [InputFault.At(place, detail)])
    {
    }

    public int Status => status;

    public IReadOnlyList<InputFault> Faults => faults;

    /// <summary>In the words of the door: the field, the value (shortened) and what is allowed.</summary>
    public static InputException Refused(Place place, string field, string? value, string allowed) =>
        new(place, new JobRefusedException(field, value, allowed).Message);
}

/// <summary>Goes on reading after a fault, so that a caller is told all of them at once.</summary>
internal sealed class Faults
{
    private readonly List<InputFault> found = [];

    /// <returns>What was read; nothing when it has a fault.</returns>
    public T? Read<T>(Func<T?> read)
    {
        try
        {
            return read();
        }
        catch (InputException exception)
        {
            found.AddRange(exception.Faults);
            return default;
        }
    }

    /// <exception cref="InputException">There was a fault.</exception>
    public void Throw()
    {
        if (found.Count > 0)
        {
            throw new InputException(StatusCodes.Status400BadRequest, found);
        }
    }
}
