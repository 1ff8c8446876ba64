using System.Text;
using System.Text.Json;

namespace BusJobs;

/// <summary>How commands become JSON and back, and what JSON is let in.</summary>
public static class PayloadJson
{
    /// <summary>Camel case, strict: no duplicate or unknown members, no numbers in strings, depth 32.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        MaxDepth = Limits.MaxPayloadDepth,
    };

    /// <exception cref="JobRefusedException">The command cannot be written as JSON, for example because it holds a cycle.</exception>
    public static string Write<TJob>(TJob job)
        where TJob : notnull
    {
        try
        {
            return JsonSerializer.Serialize(job, job.GetType(), Options);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException)
        {
            throw new JobRefusedException("payload", job.GetType().Name, $"a command that can be written as JSON ({exception.Message})");
        }
    }

    /// <exception cref="JsonException">The payload does not fit the command.</exception>
    public static object Read(string payload, Type command) =>
        JsonSerializer.Deserialize(payload, command, Options) ?? throw new JsonException("The payload is null.");

    /// <summary>
    /// Refuses what some part of the road could not carry: JSON that is no JSON, is too deep or too large, and the two code
    /// points that PostgreSQL cannot store as text (NUL, and half of a surrogate pair), escaped or not.
    /// </summary>
    /// <exception cref="JobRefusedException">One sentence on the first fault.</exception>
    public static void Check(string? payload)
    {
        if (Fault(payload) is { } fault)
        {
            throw new JobRefusedException("payload", payload, fault);
        }
    }

    /// <returns>What was expected, or null when the payload is fine.</returns>
    public static string? Fault(string? payload)
    {
        if (payload is null)
        {
            return "JSON";
        }

        var size = Encoding.UTF8.GetByteCount(payload);
        if (size > Limits.MaxPayloadBytes)
        {
            return $"at most {Limits.MaxPayloadBytes:N0} bytes, got {size:N0}";
        }

        var bytes = System.Buffers.ArrayPool<byte>.Shared.Rent(size);
        try
        {
            return Strict.TryGetBytes(payload, bytes, out var written) ? Walk(bytes.AsSpan(0, written)) : "no lone surrogate";
        }
        catch (EncoderFallbackException)
        {
            return "no lone surrogate";
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static string? Walk(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = Limits.MaxPayloadDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped)
                {
                    continue;
                }

                // GetString throws for an escaped half of a surrogate pair.
                if (reader.GetString()!.Contains('\0', StringComparison.Ordinal))
                {
                    return "no \\u0000";
                }
            }

            return null;
        }
        catch (InvalidOperationException)
        {
            return "no lone surrogate";
        }
        catch (JsonException)
        {
            return $"one JSON value, at most {Limits.MaxPayloadDepth} levels deep";
        }
    }
}
