using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client.Exceptions;

namespace BusJobs.Bus;

/// <summary>Queues that this process may not read, in the broker's words: a missing right, or a queue of that name with other settings.</summary>
internal sealed class Refusals(ILogger logger)
{
    private readonly ConcurrentDictionary<string, string> refusals = [];

    /// <summary>One sentence for each.</summary>
    public IReadOnlyList<string> Sentences => [.. refusals.Order().Select(refusal => $"RabbitMQ refuses the queue '{refusal.Key}': {refusal.Value}")];

    /// <param name="fault">Null when the queue has its consumer. What is no word of the broker's, such as a lost connection, changes nothing.</param>
    /// <returns>Whether it was a word of the broker's.</returns>
    public bool Note(string queue, Exception? fault)
    {
        if (fault is null)
        {
            refusals.TryRemove(queue, out _);
        }

        if (Word(fault) is not { } word)
        {
            return false;
        }

        if (refusals.GetValueOrDefault(queue) != word)
        {
            // MassTransit tries again and again; what it is told is said once.
            refusals[queue] = word;
            logger.QueueRefused(queue, word);
        }

        return true;
    }

    private static string? Word(Exception? fault)
    {
        for (; fault is not null; fault = fault.InnerException)
        {
            if (fault is OperationInterruptedException { ShutdownReason: { ReplyCode: 403 or 404 or 405 or 406 } reason })
            {
                return reason.ReplyText;
            }
        }

        return null;
    }
}
