using System.Globalization;
using CartRecovery.Engine.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace CartRecovery.Host.Output;

/// <summary>Formats a log entry for people: time in UTC, level, event and message on a line, and an exception on the lines after it. Addresses are masked.</summary>
/// <param name="hasColours">Whether warnings and errors are coloured.</param>
sealed class TextLogFormatter(bool hasColours) : ConsoleFormatter(FormatterName)
{
    /// <summary>Its name.</summary>
    public const string FormatterName = "cartrecovery-text";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var (level, colour) = entry.LogLevel switch
        {
            LogLevel.Trace => ("trace", "2"),
            LogLevel.Debug => ("debug", "2"),
            LogLevel.Information => ("info ", "32"),
            LogLevel.Warning => ("warn ", "33"),
            LogLevel.Error => ("error", "31"),
            _ => ("crit ", "31;1"),
        };
        textWriter.Write(TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z' ", CultureInfo.InvariantCulture));
        textWriter.Write(hasColours ? $"\e[{colour}m{level}\e[0m " : $"{level} ");
        if (LogFields.NameOf(entry.EventId) is { } name)
        {
            textWriter.Write($"{name}: ");
        }

        // What a client sent must not begin a line or control the terminal.
        var message = LogMasking.Message(entry.Formatter(entry.State, entry.Exception), LogFields.ValuesOf(entry.State));
        textWriter.Write(TerminalText.Clean(message).ReplaceLineEndings(" "));
        textWriter.Write('\n');
        if (entry.Exception is { } exception)
        {
            textWriter.Write($"  {TerminalText.Clean(LogMasking.Text(exception.ToString())).ReplaceLineEndings("\n  ")}\n");
        }
    }
}
