using System.Globalization;
using System.Text;
using BusJobs;
using Forge.Hooks.Wire;
using Forge.Hub;
using Microsoft.EntityFrameworkCore;

namespace Forge.Hooks;

/// <summary>
/// Makes one try of a delivery and notes it. Between tries the job is snoozed: the pauses are the schedule's, not those of a job that failed,
/// and a try is counted here, where it is logged.
/// </summary>
internal sealed class DeliverWebhookHandler(
    HubContext hub, HookSender sender, Breaker breaker, EndpointGates gates, DeliverySchedule schedule, SecretBox box, TimeProvider clock)
    : IJobHandler<DeliverWebhook>
{
    public async Task HandleAsync(DeliverWebhook job, JobAttempt attempt, CancellationToken cancellationToken)
    {
        var delivery = await hub.Deliveries.Include(delivery => delivery.Endpoint).SingleOrDefaultAsync(delivery => delivery.Id == job.Delivery, cancellationToken)
            ?? throw new PermanentJobException($"There is no delivery with the id {job.Delivery}.");
        if (delivery.Round != job.Round || delivery.State is DeliveryState.Delivered or DeliveryState.Dropped)
        {
            attempt.ReportProgress(100, "There is nothing left to do.");
            return;
        }

        ThrowIfOver(delivery);
        if (delivery.Endpoint.DisabledBecause is not null)
        {
            delivery.State = DeliveryState.Dropped;
            await hub.SaveChangesAsync(cancellationToken);
            return;
        }

        await WaitForTurnAsync(delivery, cancellationToken);
        using var place = gates.TryEnter(delivery.EndpointId) ?? throw new SnoozeJobException(schedule.Moment(), "As many deliveries as may be are on their way to this endpoint.");
        await TryAsync(delivery, cancellationToken);
        ThrowIfOver(delivery);
        if (delivery.NextAt is { } next)
        {
            throw new SnoozeJobException(next - clock.GetUtcNow(), $"Try {delivery.TriesMade} was not successful.");
        }
    }

    /// <summary>A dead job is what people look at; redriving it would not make a new round.</summary>
    private static void ThrowIfOver(Delivery delivery)
    {
        if (delivery.State == DeliveryState.Failed)
        {
            throw new PermanentJobException($"Given up after {delivery.TriesMade} tries to reach {delivery.Endpoint.UrlForPeople}. To begin again, redeliver it: on the page Webhooks, or through the API of the forge.");
        }
    }

    private async Task WaitForTurnAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        if (delivery.NextAt - clock.GetUtcNow() is { } early && early > TimeSpan.Zero)
        {
            throw new SnoozeJobException(early, "It is not its time yet.");
        }

        var wait = await breaker.WaitAsync(delivery.Endpoint, cancellationToken);
        if (wait > TimeSpan.Zero)
        {
            throw new SnoozeJobException(wait + schedule.Moment(), "The endpoint is left alone for a while.");
        }
    }

    private async Task TryAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var body = Encoding.UTF8.GetBytes(delivery.Body);
        var headers = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [WebhookSignature.IdHeader] = delivery.EventId,
            [WebhookSignature.TimestampHeader] = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            [WebhookSignature.SignatureHeader] = WebhookSignature.Sign(delivery.EventId, now, body, delivery.Endpoint.Keys(box, now)),
        };
        var reply = await sender.SendAsync(new Uri(delivery.Endpoint.Url), headers, body, cancellationToken);
        delivery.TriesMade++;
        hub.Add(new DeliveryTry
        {
            DeliveryId = delivery.Id, Round = delivery.Round, Number = delivery.TriesMade, At = now, TookMs = (int)reply.Took.TotalMilliseconds,
            Request = string.Join('\n', headers.Select(header => $"{header.Key}: {header.Value}")), Status = reply.Status, Fault = reply.Fault, Response = reply.Head,
        });

        // It was sent, so it must be noted, even while the worker drains.
        await NoteAsync(delivery, reply, CancellationToken.None);
    }

    private async Task NoteAsync(Delivery delivery, HookReply reply, CancellationToken cancellationToken)
    {
        await using var transaction = await hub.Database.BeginTransactionAsync(cancellationToken);
        if (reply.Fault is null)
        {
            (delivery.State, delivery.NextAt) = (DeliveryState.Delivered, null);
            await breaker.NoteGoodAsync(delivery.Endpoint, cancellationToken);
        }
        else
        {
            var isGone = reply.Status == 410;
            var pause = isGone ? null : schedule.PauseAfter(delivery.TriesMade, reply.RetryAfter);
            delivery.NextAt = clock.GetUtcNow() + pause;
            delivery.State = isGone ? DeliveryState.Dropped : pause is null ? DeliveryState.Failed : DeliveryState.Pending;
            await breaker.NoteBadAsync(delivery.Endpoint, isGone, cancellationToken);
        }

        await hub.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
