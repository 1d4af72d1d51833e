using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CartRecovery.Tests.Support;

/// <summary>Records log entries.</summary>
sealed class LogLines : ILogger, ILoggerFactory
{
    readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = [];

    public IReadOnlyList<string> AtLeast(LogLevel level) => [.. _lines.Where(line => line.Level >= level).Select(line => line.Text)];

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => _lines.Enqueue((logLevel, formatter(state, exception)));

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
