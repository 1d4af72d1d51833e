using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Targeting;

namespace CartRecovery.Host.Api.Flags;

/// <summary>The evaluation context of an OFREP request.</summary>
/// <param name="TargetingKey">The targeting key; <see langword="null"/> for none.</param>
/// <param name="Attributes">The complete context: a JSON object, or undefined.</param>
readonly record struct OfrepContext(string? TargetingKey, JsonElement Attributes)
{
    /// <summary>Maximum length of a request body, in bytes.</summary>
    public const int MaxBytes = 32 * 1024;

    const string ParseError = "PARSE_ERROR", InvalidContext = "INVALID_CONTEXT";

    static readonly JsonDocumentOptions s_options = new() { MaxDepth = 16 };

    /// <summary>Parses a request body.</summary>
    /// <param name="body">The body; may be empty.</param>
    /// <param name="context">The context.</param>
    /// <returns>The document that owns the context's memory, to dispose of; or the error's code and details.</returns>
    public static (JsonDocument? Document, string? ErrorCode, string? Details) Read(ReadOnlyMemory<byte> body, out OfrepContext context)
    {
        context = default;
        if (body.Length > MaxBytes)
        {
            return (null, InvalidContext, $"The body is longer than {MaxBytes} bytes. Send the attributes that rules need.");
        }

        if (body.Span.Trim(" \t\r\n"u8).Length == 0)
        {
            return default;
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body, s_options);
        }
        catch (JsonException e)
        {
            return (null, ParseError, $"The body is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine}).");
        }

        if (Read(document.RootElement, body.Span, ref context) is { } problem)
        {
            document.Dispose();
            return (null, InvalidContext, problem);
        }

        return (document, null, null);
    }

    static string? Read(JsonElement root, ReadOnlySpan<byte> body, ref OfrepContext context)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return "Expected an object with the member 'context'.";
        }

        try
        {
            if (!root.TryGetProperty("context"u8, out var attributes) || attributes.ValueKind == JsonValueKind.Null)
            {
                return null;
            }

            if (attributes.ValueKind != JsonValueKind.Object)
            {
                return "context: expected an object.";
            }

            // Rejects unpaired surrogates, which only escapes can produce: a rule's comparison would throw.
            if (body.IndexOf((byte)'\\') >= 0)
            {
                foreach (var attribute in attributes.EnumerateObject())
                {
                    _ = (attribute.Name, attribute.Value.ValueKind == JsonValueKind.String ? attribute.Value.GetString() : null);
                }
            }

            if (!attributes.TryGetProperty("targetingKey"u8, out var key) || key.ValueKind == JsonValueKind.Null)
            {
                context = new OfrepContext(null, attributes);
                return null;
            }

            if (key.ValueKind != JsonValueKind.String || key.GetString() is not { Length: > 0 } text || Encoding.UTF8.GetByteCount(text) > TargetingSubject.MaxKeyBytes)
            {
                return $"targetingKey: expected a text of 1 to {TargetingSubject.MaxKeyBytes} bytes.";
            }

            context = new OfrepContext(text, attributes);
            return null;
        }
        catch (InvalidOperationException)
        {
            return "A text in the context has an unpaired surrogate.";
        }
    }
}
