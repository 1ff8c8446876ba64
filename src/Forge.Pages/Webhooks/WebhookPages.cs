using BusJobs;
using BusJobs.Api.Dashboard.Shell;
using Forge.Hooks;
using Forge.Hooks.Log;
using Microsoft.AspNetCore.Http;

namespace Forge.Pages.Webhooks;

/// <param name="Next">Where the next page begins; null at the end.</param>
/// <param name="IsFirst">Whether new deliveries would show on it.</param>
public sealed record WebhooksModel(IReadOnlyList<EndpointLine> Endpoints, IReadOnlyList<DeliveryLine> Deliveries, DeliveryFilter Filter, Guid? Next, bool IsFirst, DateTimeOffset Now);

public sealed record DeliveryModel(Delivery Delivery, string Repository, DateTimeOffset Now);

/// <summary>Where events are sent and how that went, and one more round for a delivery.</summary>
internal static class WebhookPages
{
    public const string Path = "/webhooks";

    public static async Task<IResult> ShowAsync(HttpContext http, DeliveryLog log, TimeProvider clock, CancellationToken cancellationToken)
    {
        var (filter, before) = (new DeliveryFilter(Id(http, "endpoint"), State(http)), Id(http, "before"));
        var (deliveries, next) = await log.PageAsync(filter, before, cancellationToken);
        return await http.PageAsync<WebhooksPage>(new WebhooksModel(
            await log.EndpointsAsync(cancellationToken), deliveries, filter, next, before is null, clock.GetUtcNow()));
    }

    public static async Task<IResult> ShowDeliveryAsync(HttpContext http, Guid id, DeliveryLog log, TimeProvider clock, CancellationToken cancellationToken) =>
        await log.FindAsync(id, cancellationToken) is var (delivery, repository)
            ? await http.PageAsync<DeliveryPage>(new DeliveryModel(delivery, repository, clock.GetUtcNow()))
            : await NotThereAsync(http);

    public static async Task<IResult> RedeliverAsync(HttpContext http, Guid id, DeliveryLog log, CancellationToken cancellationToken)
    {
        var page = $"{Path}/{id}";
        return await log.RedeliverAsync(id, cancellationToken) switch
        {
            null => await NotThereAsync(http),
            (_, Refusal.Disabled) => http.GoTo(page, "Nothing is sent to an endpoint that is disabled. Enable it first, through the API of the forge."),
            (_, Refusal.Changed) => http.GoTo(page, "Nothing was changed: a try has ended at this moment. Look again."),
            var (delivery, _) => new Deed("webhook.redeliver", $"delivery {id}", $"round {delivery.Round}", page, "It is sent once more, with the same id, and its tries begin anew.")
            {
                Detail = $"{delivery.EventType} to {delivery.Endpoint.UrlForPeople}",
            },
        };
    }

    public static string Word(DeliveryState state) => state.ToString().ToLowerInvariant();

    private static Task<IResult> NotThereAsync(HttpContext http) =>
        http.RefusedPageAsync(StatusCodes.Status404NotFound, "There is no such delivery: it was removed after its retention, or never there.");

    private static Guid? Id(HttpContext http, string name) => http.Request.Query[name].ToString() is not { Length: > 0 } text ? null
        : Guid.TryParse(text, out var id) ? id : throw new JobRefusedException(name, text, "the id of an endpoint or a delivery");

    private static DeliveryState? State(HttpContext http) => http.Request.Query["state"].ToString() is not { Length: > 0 } text ? null
        : Enum.GetValues<DeliveryState>().Where(state => Word(state) == text).Cast<DeliveryState?>().FirstOrDefault()
            ?? throw new JobRefusedException("state", text, string.Join(", ", Enum.GetValues<DeliveryState>().Select(Word)));
}
