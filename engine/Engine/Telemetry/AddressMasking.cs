using OpenTelemetry;
using OpenTelemetry.Logs;

namespace CartRecovery.Engine.Telemetry;

/// <summary>Masks e-mail addresses and telephone numbers in exported log records. An exception's text becomes an attribute: it cannot be masked otherwise.</summary>
sealed class AddressMasking : BaseProcessor<LogRecord>
{
    /// <inheritdoc/>
    public override void OnEnd(LogRecord data)
    {
        var attributes = data.Attributes;
        var values = attributes?.Select(attribute => attribute.Value).ToArray() ?? [];
        data.FormattedMessage = data.FormattedMessage is { } message ? LogMasking.Message(message, values) : null;
        data.Body = data.Body is { } body ? LogMasking.Message(body, values) : null;
        if (values.Any(value => value is string text && LogMasking.Text(text) != text))
        {
            data.Attributes =
            [
                .. attributes!.Select(attribute => attribute.Value is string text ? new(attribute.Key, LogMasking.Text(text)) : attribute),
            ];
        }

        if (data.Exception is { } exception && exception.ToString() is var whole && LogMasking.Text(whole) is var masked && masked != whole)
        {
            data.Attributes = [.. data.Attributes ?? [], new("exception.type", exception.GetType().FullName), new("exception.stacktrace", masked)];
            data.Exception = null;
        }
    }
}
