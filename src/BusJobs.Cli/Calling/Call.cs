using System.CommandLine;
using BusJobs.Cli.Showing;

namespace BusJobs.Cli.Calling;

/// <summary>One command as it runs: the server it talks to, the screen it writes on, and the words it was given.</summary>
internal sealed record Call(ApiClient Api, Screen Screen, ParseResult Words, TimeProvider Clock, CancellationToken Token)
{
    private const int BatchSize = 500;

    public T? Value<T>(Option<T> option) => Words.GetValue(option);

    public T Value<T>(Argument<T> argument) => Words.GetValue(argument)!;

    /// <summary>The payload that was given, by whichever way.</summary>
    /// <exception cref="JobRefusedException">It cannot be read, or breaks the rules of the door.</exception>
    public async Task<string> PayloadAsync()
    {
        var payload = await Given.ReadAsync("payload", Value(Word.Payload), Limits.MaxPayloadBytes, Token);
        PayloadJson.Check(payload);
        return payload;
    }

    /// <summary>Does something to many jobs, so many at a time, and says how much of it is done when it ends early.</summary>
    /// <param name="count">How many at most: those that were counted before.</param>
    /// <param name="doing">What is done, for the bar.</param>
    /// <param name="done">What becomes of the jobs.</param>
    /// <param name="step">Takes at most so many of them; returns how many it took, and whether there may be more.</param>
    public async Task<int> InBatchesAsync(int count, string doing, string done, Func<int, Task<(int Jobs, bool More)>> step)
    {
        var (changed, size) = (0, 0);
        return await ToldAsync(
            isUnknown => $"{Plain.Jobs(changed)} of {count:N0} {done}{(isUnknown ? $"; what became of the {size:N0} that were under way is not known" : "")}.",
            () => Screen.WatchedAsync(doing, count, async advance =>
            {
                for (var more = true; more && changed < count;)
                {
                    size = Math.Min(BatchSize, count - changed);
                    (var jobs, more) = await step(size);
                    changed += jobs;
                    advance(jobs);
                }

                return changed;
            }));
    }

    /// <summary>Does long work, and says how far it came when it is interrupted, or the server goes away or refuses more: what is done stays done.</summary>
    /// <param name="soFar">Is told whether the last call may have been done or not, because nobody answered it.</param>
    public async Task<T> ToldAsync<T>(Func<bool, string> soFar, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException) when (Token.IsCancellationRequested)
        {
            throw new CallException(ExitCodes.Interrupted, $"Interrupted: {soFar(true)}");
        }
        catch (CallException exception)
        {
            throw new CallException(exception.ExitCode, $"{exception.Message} Until then: {soFar(exception.ExitCode == ExitCodes.Unreachable)}");
        }
    }

    /// <summary>Shows an answer: as it came to programs, in words to people.</summary>
    public int Tell(System.Text.Json.JsonElement answer, Action show)
    {
        if (Screen.IsJson)
        {
            Screen.Data(answer);
        }
        else
        {
            show();
        }

        return ExitCodes.Ok;
    }

    /// <summary>Says that something is done. Programs get what was done as an object.</summary>
    public int Done(string sentence, object done) =>
        Tell(System.Text.Json.JsonSerializer.SerializeToElement(done, Fields.Sent), () => Screen.Line(sentence));

    /// <exception cref="CallException">Nobody can be asked, or the answer was no.</exception>
    public async Task ConfirmAsync(string question)
    {
        if (Value(Seat.Yes))
        {
            return;
        }

        if (!Screen.CanAsk)
        {
            throw new CallException(ExitCodes.Usage, $"{question} There is nobody to ask: say --yes.");
        }

        if (!await Screen.AskAsync(question, Token))
        {
            throw new CallException(ExitCodes.Failed, "Nothing was done.");
        }
    }
}
