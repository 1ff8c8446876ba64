using System.Reflection;
using MassTransit;

namespace BusJobs.Coordinator.Receiving;

/// <summary>A message type of other services that becomes jobs.</summary>
/// <param name="Urn">The type as MassTransit writes it into the envelope, for example <c>urn:message:Acme.Search:ReindexSearch</c>.</param>
/// <param name="Exchange">Where MassTransit publishes it, for example <c>Acme.Search:ReindexSearch</c>.</param>
public sealed record AcceptedCommand(string Urn, string Exchange, string Kind, string Queue)
{
    /// <summary>What MassTransit calls the type, unless the service that publishes it has names of its own for it.</summary>
    public static AcceptedCommand Of(Type command, JobKind kind)
    {
        var urn = MessageUrn.ForTypeString(command);
        return new AcceptedCommand(urn, command.GetCustomAttribute<EntityNameAttribute>()?.EntityName ?? ExchangeOf(urn), kind.Name, kind.Queue);
    }

    /// <exception cref="JobRefusedException">The URN is not one of MassTransit's, or a name is not allowed.</exception>
    public AcceptedCommand Checked()
    {
        if (!Urn.StartsWith(MessageUrn.Prefix, StringComparison.OrdinalIgnoreCase) || Urn.Length == MessageUrn.Prefix.Length)
        {
            throw new JobRefusedException("message urn", Urn, "a message type of MassTransit such as urn:message:Acme.Search:ReindexSearch");
        }

        Names.Check("kind", Kind);
        Names.CheckQueue(Queue);
        return this;
    }

    /// <summary>The exchange of a type that is known by its URN only. A nested type has a plus in its URN and a dash in its exchange.</summary>
    public static string ExchangeOf(string urn) => urn[Math.Min(MessageUrn.Prefix.Length, urn.Length)..].Replace('+', '-');
}
