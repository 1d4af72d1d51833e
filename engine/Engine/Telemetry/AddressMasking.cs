using CartRecovery.Primitives;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace CartRecovery.Engine.Telemetry;

/// <summary>Masks e-mail addresses and telephone numbers in exported log records. An exception's text becomes an attribute: it cannot be masked otherwise.</summary>
sealed class AddressMasking : BaseProcessor<LogRecord>
{
    /// <inheritdoc/>
    public override void OnEnd(LogRecord data)
    {
        data.FormattedMessage = data.FormattedMessage is { } message ? AddressText.Mask(message) : null;
        data.Body = data.Body is { } body ? AddressText.Mask(body) : null;
        var attributes = data.Attributes;
        if (attributes?.Any(attribute => attribute.Value is string text && AddressText.Mask(text) != text) == true)
        {
            data.Attributes = [.. attributes.Select(attribute => attribute.Value is string text ? new(attribute.Key, AddressText.Mask(text)) : attribute)];
        }

        if (data.Exception is { } exception && exception.ToString() is var whole && AddressText.Mask(whole) is var masked && masked != whole)
        {
            data.Attributes = [.. data.Attributes ?? [], new("exception.type", exception.GetType().FullName), new("exception.stacktrace", masked)];
            data.Exception = null;
        }
    }
}
