using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace CartRecovery.Host.Output;

/// <summary>Formats log entries for collectors: <see cref="JsonLogLine"/>.</summary>
sealed class JsonLogFormatter() : ConsoleFormatter(FormatterName)
{
    /// <summary>Its name.</summary>
    public const string FormatterName = "cartrecovery-json";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(JsonLogLine.Of(entry));
        textWriter.Write('\n');
    }
}
