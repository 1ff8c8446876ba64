using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Forge.Hub;

/// <summary>A moment as milliseconds since 1970, which any database can compare.</summary>
internal sealed class MillisecondsConverter()
    : ValueConverter<DateTimeOffset, long>(moment => moment.ToUnixTimeMilliseconds(), milliseconds => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
