using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace BusJobs.Ledger.Model;

/// <summary>How the ledger writes ids and times on SQLite: ids as lower-case text and times as milliseconds since 1970 in UTC, both of which sort as they should.</summary>
internal static class SqliteValues
{
    private static readonly ValueConverter<Guid, string> Id = new(id => id.ToString("D"), text => Guid.Parse(text));

    private static readonly ValueConverter<DateTimeOffset, long> Time =
        new(time => time.ToUnixTimeMilliseconds(), ms => DateTimeOffset.FromUnixTimeMilliseconds(ms));

    public static void Convert(IMutableProperty property)
    {
        var type = Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;
        if (type == typeof(Guid))
        {
            property.SetValueConverter(Id);
        }
        else if (type == typeof(DateTimeOffset))
        {
            property.SetValueConverter(Time);
        }
    }
}
