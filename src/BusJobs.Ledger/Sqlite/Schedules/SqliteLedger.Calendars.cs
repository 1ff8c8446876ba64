using BusJobs.Ledger.Schedules;

namespace BusJobs.Ledger.Sqlite;

internal sealed partial class SqliteLedger
{
    private const string SaveCalendarSql =
        """
        insert into busjobs_calendar (name, definition, source) values (@name, @definition, @source)
        on conflict (name) do update set definition = excluded.definition, source = excluded.source
        """;

    private const string ReplaceCalendarSql = "update busjobs_calendar set definition = @definition, source = @source where name = @name and definition = @expected";

    public Task<IReadOnlyList<CalendarRow>> CalendarsAsync(CancellationToken cancellationToken) => reader.ReadAsync<IReadOnlyList<CalendarRow>>(
        session =>
        {
            var calendars = new List<CalendarRow>();
            using var row = session.Query("select name, definition, source from busjobs_calendar order by name");
            while (row.Read())
            {
                calendars.Add(new CalendarRow(row.GetString(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2)));
            }

            return calendars;
        },
        cancellationToken);

    public Task<bool> SaveCalendarAsync(CalendarRow calendar, string? expected, CancellationToken cancellationToken) => writer.WriteAsync(
        session => (expected is null
            ? session.Run(SaveCalendarSql, ("@name", calendar.Name), ("@definition", calendar.Definition), ("@source", calendar.Source))
            : session.Run(ReplaceCalendarSql, ("@name", calendar.Name), ("@definition", calendar.Definition), ("@source", calendar.Source), ("@expected", expected))) > 0,
        cancellationToken);

    public Task<bool> RemoveCalendarAsync(string name, string? expected, CancellationToken cancellationToken) => writer.WriteAsync(
        session => session.Run(
            "delete from busjobs_calendar where name = @name and definition = coalesce(@expected, definition)", ("@name", name), ("@expected", expected)) > 0,
        cancellationToken);
}
