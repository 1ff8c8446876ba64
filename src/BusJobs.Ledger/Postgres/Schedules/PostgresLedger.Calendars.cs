using BusJobs.Ledger.Schedules;
using Npgsql;
using NpgsqlTypes;

namespace BusJobs.Ledger.Postgres;

internal sealed partial class PostgresLedger
{
    private const string SaveCalendar =
        """
        insert into busjobs.calendar (name, definition, source) values ($1, $2, $3)
        on conflict (name) do update set definition = excluded.definition, source = excluded.source
        """;

    private const string ReplaceCalendar = "update busjobs.calendar set definition = $2, source = $3 where name = $1 and definition = $4";

    public async Task<IReadOnlyList<CalendarRow>> CalendarsAsync(CancellationToken cancellationToken)
    {
        await using var select = Statement("select name, definition, source from busjobs.calendar order by name");
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var calendars = new List<CalendarRow>();
        while (await reader.ReadAsync(cancellationToken))
        {
            calendars.Add(new CalendarRow(reader.GetString(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2)));
        }

        return calendars;
    }

    public async Task<bool> SaveCalendarAsync(CalendarRow calendar, string? expected, CancellationToken cancellationToken)
    {
        NpgsqlParameter[] values = [Of(calendar.Name), Of(calendar.Definition), Of(calendar.Source, NpgsqlDbType.Text)];
        await using var save = expected is null ? Statement(SaveCalendar, values) : Statement(ReplaceCalendar, [.. values, Of(expected)]);
        return await save.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public async Task<bool> RemoveCalendarAsync(string name, string? expected, CancellationToken cancellationToken)
    {
        await using var remove = Statement(
            "delete from busjobs.calendar where name = $1 and definition = coalesce($2, definition)", Of(name), Of(expected, NpgsqlDbType.Text));
        return await remove.ExecuteNonQueryAsync(cancellationToken) > 0;
    }
}
