using BusJobs.Ledger;
using Npgsql;

namespace BusJobs.Server;

/// <summary>The repository to index.</summary>
internal static class RepositoryPath
{
    public static string? Resolve(string? given, Role role)
    {
        if (given is not null)
        {
            return Directory.Exists(given)
                ? Path.GetFullPath(given)
                : throw new UsageException($"--repo {Shown.Value(given)} is refused: there is no such folder.");
        }

        return role == Role.All ? CheckoutAround(Directory.GetCurrentDirectory()) : null;
    }

    private static string? CheckoutAround(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (Path.Exists(Path.Combine(at.FullName, ".git")))
            {
                return at.FullName;
            }
        }

        return null;
    }
}

/// <summary>Where SQLite files go.</summary>
internal static class DataFolder
{
    public static string Resolve(string? given)
    {
        var folder = given ?? Default();
        try
        {
            // Others have no business in it: payloads may be anybody's data.
            return OperatingSystem.IsWindows()
                ? Directory.CreateDirectory(folder).FullName
                : Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UsageException($"--data {Shown.Value(folder)} is refused: expected a folder that can be made and written.", exception);
        }
    }

    private static string Default() =>
        LedgerOptions.DefaultFolder ?? throw new UsageException("There is no user data folder here (HOME is not set): name one with --data.");
}

/// <summary>Where to listen.</summary>
internal static class ListenAddress
{
    public static string Check(string urls)
    {
        foreach (var url in urls.Split(';'))
        {
            if (!Uri.TryCreate(url.Replace("*", "any", StringComparison.Ordinal).Replace("+", "any", StringComparison.Ordinal), UriKind.Absolute, out var uri)
                || uri.Scheme is not ("http" or "https"))
            {
                throw new UsageException($"--urls {Shown.Value(url)} is refused: expected an address such as {CommandLine.DefaultUrls}.");
            }
        }

        return urls;
    }
}

/// <summary>Connection strings. They may hold passwords, so no message shows any part of them.</summary>
internal static class Connections
{
    public static string? Database(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        try
        {
            if (!string.IsNullOrWhiteSpace(new NpgsqlConnectionStringBuilder(text).Host))
            {
                return text;
            }
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException or InvalidCastException)
        {
            // Told below, without the parser's message, which may quote the string.
        }

        throw new UsageException("BUSJOBS_DATABASE is refused: expected an Npgsql connection string such as Host=db;Database=busjobs;Username=busjobs;Password=...");
    }

    public static Uri? RabbitMq(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "amqp" or "amqps" or "rabbitmq" or "rabbitmqs" && uri.Host.Length > 0
            ? uri
            : throw new UsageException("BUSJOBS_RABBITMQ is refused: expected an address such as amqp://user:password@host:5672/vhost.");
    }
}

/// <summary>How input is shown in a message: short, and with nothing in it that a terminal obeys.</summary>
internal static class Shown
{
    public static string Value(string value) =>
        "'" + string.Concat((value.Length > 80 ? value[..80] + "…" : value).Select(c => char.IsControl(c) ? '?' : c)) + "'";
}
