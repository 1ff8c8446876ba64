using BusJobs.Api.Access;
using BusJobs.Api.Input;
using BusJobs.Ledger;
using BusJobs.Scheduling;
using BusJobs.Scheduling.Calendars;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace BusJobs.Api.Time;

/// <summary>Which fires are let through. Lists of at most 2,000 entries, and 100 of except; an empty one restricts nothing.</summary>
public sealed record CalendarRequest
{
    internal static readonly string[] Members = ["holidays", "weekdays", "windows", "except", "included"];

    /// <summary>Days off: <c>2026-12-25</c>, or <c>12-25</c> for every year.</summary>
    public IReadOnlyList<string>? Holidays { get; init; }

    /// <summary>The only days of the week: <c>mon</c>, <c>tuesday</c>.</summary>
    public IReadOnlyList<string>? Weekdays { get; init; }

    /// <summary>The only times of the day: <c>08:00-18:00</c>; <c>22:00-06:00</c> passes midnight.</summary>
    public IReadOnlyList<string>? Windows { get; init; }

    /// <summary>Cron expressions whose minutes are taken away.</summary>
    public IReadOnlyList<string>? Except { get; init; }

    /// <summary>Days that are worked in spite of holidays and weekdays.</summary>
    public IReadOnlyList<string>? Included { get; init; }
}

public sealed record CalendarView(
    string Name, IReadOnlyList<string> Holidays, IReadOnlyList<string> Weekdays, IReadOnlyList<string> Windows, IReadOnlyList<string> Except, IReadOnlyList<string> Included)
{
    internal static CalendarView Of(CalendarDefinition calendar) =>
        new(calendar.Name, calendar.Holidays, calendar.Weekdays, calendar.Windows, calendar.Except, calendar.Included);
}

/// <summary>Calendars are shared by the schedules of all tenants.</summary>
internal sealed class CalendarEndpoints(Schedules schedules, ILogger<CalendarEndpoints> logger)
{
    private const int MaxBytes = 256 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/calendars", (CalendarEndpoints endpoints, CancellationToken token) => endpoints.ListAsync(token))
            .Produces<IReadOnlyList<CalendarView>>().Refuses().Needs(ApiScopes.Read, allTenants: true).WithName("ListCalendars").WithSummary("Calendars, by name.");
        api.MapGet("/calendars/{name}", (HttpContext http, string name, CalendarEndpoints endpoints, CancellationToken token) => endpoints.FindAsync(http, name, token))
            .Produces<CalendarView>().Refuses(400, 404).Needs(ApiScopes.Read, allTenants: true).WithName("GetCalendar").WithSummary("A calendar.");
        api.MapPut("/calendars/{name}", (HttpContext http, string name, CalendarEndpoints endpoints, CancellationToken token) => endpoints.SaveAsync(http, name, token))
            .Accepts<CalendarRequest>("application/json").Produces<CalendarView>().Refuses(400, 412, 413, 415).Needs(ApiScopes.Operate, allTenants: true)
            .WithName("PutCalendar").WithSummary("Make a calendar, or replace it.").WithDescription("Schedules that go by it look anew for their next fire. "
                + "With the ETag of an answer in If-Match it is only replaced if nobody else has changed it since: else 412.");
        api.MapDelete("/calendars/{name}", (HttpContext http, string name, CalendarEndpoints endpoints, CancellationToken token) => endpoints.RemoveAsync(http, name, token))
            .Produces(204).Refuses(400, 404, 412).Needs(ApiScopes.Operate, allTenants: true).WithName("DeleteCalendar").WithSummary("Remove a calendar.")
            .WithDescription("400: a schedule goes by it. With the ETag of an answer in If-Match only if nobody else has changed it since: else 412.");
    }

    private async Task<IResult> ListAsync(CancellationToken cancellationToken) =>
        TypedResults.Ok<IReadOnlyList<CalendarView>>([.. (await schedules.ListCalendarsAsync(cancellationToken)).Select(CalendarView.Of)]);

    private async Task<IResult> FindAsync(HttpContext http, string name, CancellationToken cancellationToken)
    {
        RouteNames.Check("name", name);
        if ((await schedules.ListCalendarsAsync(cancellationToken)).FirstOrDefault(calendar => calendar.Name == name) is not { } calendar)
        {
            return NotFound(name);
        }

        http.Tag(CalendarView.Of(calendar));
        return TypedResults.Ok(CalendarView.Of(calendar));
    }

    private async Task<IResult> SaveAsync(HttpContext http, string name, CancellationToken cancellationToken)
    {
        RouteNames.Check("name", name);
        var body = await Body.ReadAsync(http.Request, MaxBytes, cancellationToken);
        var fields = new Fields(body.RootElement, "", CalendarRequest.Members);
        var calendar = new CalendarDefinition
        {
            Name = name,
            Holidays = Texts("holidays"),
            Weekdays = Texts("weekdays"),
            Windows = Texts("windows"),
            Except = Texts("except"),
            Included = Texts("included"),
        };
        var expected = http.Expected();
        await Refusals.ToldAsync(async () =>
        {
            await (expected is null
                ? schedules.SaveCalendarAsync(calendar, cancellationToken)
                : schedules.ReplaceCalendarAsync(calendar, before => expected.Hold(CalendarView.Of(before)), cancellationToken));
            return true;
        }, crons: "except");
        logger.CalendarChanged(name, "saved", http.User.KeyName);
        http.Tag(CalendarView.Of(calendar));
        return TypedResults.Ok(CalendarView.Of(calendar));

        IReadOnlyList<string> Texts(string member) => fields.Texts(member, CalendarDefinition.MaxEntries);
    }

    private async Task<IResult> RemoveAsync(HttpContext http, string name, CancellationToken cancellationToken)
    {
        RouteNames.Check("name", name);
        var expected = http.Expected();
        if (!await Refusals.ToldAsync(() => schedules.RemoveCalendarAsync(name, before => expected?.Hold(CalendarView.Of(before)) ?? true, cancellationToken)))
        {
            return NotFound(name);
        }

        logger.CalendarChanged(name, "removed", http.User.KeyName);
        return TypedResults.NoContent();
    }

    private static IResult NotFound(string name) => Problems.Refused(StatusCodes.Status404NotFound, $"There is no calendar '{name}'.");
}
