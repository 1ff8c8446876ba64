using System.Data.Common;
using BusJobs.Bus;
using BusJobs.Ledger;
using BusJobs.Wire;
using MassTransit;
using Microsoft.Extensions.Logging;

namespace BusJobs.Coordinator.Receiving;

/// <summary>
/// Reads the intake queue. A message is acked once its jobs are in the ledger; what it throws gives the message back to the broker. A
/// command that the door turns away for now is held until the door opens; jobs of an outbox are held there.
/// </summary>
internal sealed class IntakeConsumer(
    LetterReader reader, Admitter admitter, UnfitLetters unfit, ILedger ledger, JobBus bus, TimeProvider clock, ILogger<IntakeConsumer> logger)
    : IConsumer<Letter>, IDisposable
{
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource closing = new();

    /// <summary>Gives back what waits, so that the endpoint can stop: another coordinator, or the next one, gets it.</summary>
    public Task CloseAsync() => closing.CancelAsync();

    public async Task Consume(ConsumeContext<Letter> context)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, closing.Token);
        try
        {
            await TakeAsync(context.Message, over.Token);
        }
        catch (OperationCanceledException exception)
        {
            // MassTransit's receive loop can end for good over a cancellation.
            throw new GivenBackException(exception);
        }
        catch (DbException exception)
        {
            logger.LoopFailed(exception, "The intake", 1);
            // The broker delivers it again at once.
            await Task.Delay(FaultPause, clock, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new GivenBackException(exception);
        }
    }

    public void Dispose() => closing.Dispose();

    internal Task TakeAsync(Letter letter, CancellationToken cancellationToken) => reader.Read(letter) switch
    {
        Reading.Command command => AdmitAsync(letter, command.Job, cancellationToken),
        Reading.Handed handed => AnswerAsync(handed.Handover, cancellationToken),
        Reading.Bump bump => ledger.BumpGenerationAsync(bump.Kind, cancellationToken),
        Reading.Unfit bad => unfit.SendAsync(letter, bad.Reason, cancellationToken),
        _ => throw new InvalidOperationException("A letter was read as something that nobody handles."),
    };

    private async Task AdmitAsync(Letter letter, NewJob job, CancellationToken cancellationToken)
    {
        while (true)
        {
            var admission = (await admitter.AdmitAsync([job]).WaitAsync(cancellationToken))[0];
            if (admission.Fault is { } fault)
            {
                await unfit.SendAsync(letter, fault, cancellationToken);
            }

            if (RetryAfter(admission.Answer) is not { } pause)
            {
                return;
            }

            await Task.Delay(pause, clock, cancellationToken);
        }
    }

    private async Task AnswerAsync(Handover handover, CancellationToken cancellationToken)
    {
        var heldBack = new List<HeldBack>();
        var sound = new List<int>();
        foreach (var (index, job) in handover.Jobs.Index())
        {
            if (FaultOf(job) is { } fault)
            {
                heldBack.Add(new HeldBack(index, fault, RetryAfterMs: null));
            }
            else
            {
                sound.Add(index);
            }
        }

        var admissions = await admitter.AdmitAsync([.. sound.Select(index => handover.Jobs[index])]).WaitAsync(cancellationToken);
        heldBack.AddRange(admissions.Zip(sound, HeldBackBy).OfType<HeldBack>());
        var answer = new HandoverAnswer { HandoverId = handover.Id, RelayId = handover.RelayId, HeldBack = heldBack };
        try
        {
            await bus.PublishAsync(answer, cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or SendRefusedException)
        {
            // The relay hands the jobs over again after a while, and then they are duplicates.
            logger.WordLost(exception, nameof(HandoverAnswer));
        }
    }

    private static HeldBack? HeldBackBy(Admission admission, int index) => (admission, RetryAfter(admission.Answer)) switch
    {
        ({ Fault: { } fault }, _) => new HeldBack(index, fault, RetryAfterMs: null),
        (_, { } pause) => new HeldBack(index, $"turned away at the door: {admission.Answer!.GetType().Name}", (long)pause.TotalMilliseconds),
        _ => null,
    };

    private static TimeSpan? RetryAfter(EnqueueResult? answer) => answer switch
    {
        EnqueueResult.RateLimited limited => limited.RetryAfter,
        EnqueueResult.Shed shed => shed.RetryAfter,
        _ => null,
    };

    private static string? FaultOf(NewJob job)
    {
        try
        {
            job.Checked();
            return null;
        }
        catch (JobRefusedException refusal)
        {
            return refusal.Message;
        }
    }

    /// <summary>The message was not taken: the broker delivers it again.</summary>
    private sealed class GivenBackException(Exception cause) : Exception("The message goes back to the broker.", cause);
}
