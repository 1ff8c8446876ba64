using Microsoft.Extensions.Options;

namespace BusJobs.Worker;

/// <summary>The rules that no annotation can state: names of queues, slots, and one handler for a kind.</summary>
internal sealed class WorkerOptionsValidator(IEnumerable<HandlerEntry> handlers) : IValidateOptions<WorkerOptions>
{
    public ValidateOptionsResult Validate(string? name, WorkerOptions options)
    {
        var faults = QueueFaults(options).Concat(HandlerFaults()).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> QueueFaults(WorkerOptions options)
    {
        foreach (var (queue, slots) in options.Queues)
        {
            if (!Names.IsAllowed(queue) || queue.EndsWith(Names.DeadSuffix, StringComparison.Ordinal))
            {
                yield return $"The worker cannot serve a queue called '{queue}': a queue's name has {Names.Allowed}, and does not end in '{Names.DeadSuffix}'.";
            }

            if (slots is < 1 or > WorkerOptions.MaxSlots)
            {
                yield return $"The worker's queue '{queue}' has {slots:N0} slots; 1 to {WorkerOptions.MaxSlots:N0} are allowed.";
            }
        }
    }

    private IEnumerable<string> HandlerFaults()
    {
        if (!handlers.Any())
        {
            yield return "The worker has no handler; register one with Handle<TJob, THandler>().";
        }

        foreach (var kind in handlers.GroupBy(entry => entry.Kind).Where(kind => kind.Skip(1).Any()))
        {
            var names = string.Join(" and ", kind.Select(entry => entry.Handler.Name));
            yield return $"The kind '{kind.Key}' has more than one handler: {names}. A worker runs each kind with one handler.";
        }
    }
}
