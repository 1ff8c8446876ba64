using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace BusJobs.IntegrationTests.Life;

/// <param name="Values">What the message was made of, by name.</param>
public sealed record LogLine(DateTimeOffset At, LogLevel Level, string Message, Exception? Exception, IReadOnlyDictionary<string, object?> Values);

/// <summary>Keeps what BusJobs logs, since an operator reads it during a fault.</summary>
public sealed class StoryLog : ILoggerProvider
{
    public ConcurrentQueue<LogLine> Lines { get; } = new();

    public IEnumerable<LogLine> Warnings => Lines.Where(line => line.Level >= LogLevel.Warning);

    public override string ToString() => string.Join('\n', Lines.Select(line => $"{line.At:HH:mm:ss.fff} {line.Level}: {line.Message} {line.Exception?.Message}"));

    public ILogger CreateLogger(string categoryName) => new Writer(Lines);

    public void Dispose()
    {
    }

    private sealed class Writer(ConcurrentQueue<LogLine> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = new Dictionary<string, object?>();
            foreach (var (name, value) in state as IEnumerable<KeyValuePair<string, object?>> ?? [])
            {
                values[name] = value;
            }

            lines.Enqueue(new LogLine(TimeProvider.System.GetUtcNow(), logLevel, formatter(state, exception), exception, values));
        }
    }
}
