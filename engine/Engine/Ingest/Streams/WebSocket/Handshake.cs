using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Engine.Ingest.Streams.WebSocket;

/// <summary>The opening handshake of RFC 6455, section 4.2.</summary>
public static class Handshake
{
    /// <summary>The request does not ask for a WebSocket.</summary>
    public static readonly HttpProblem UpgradeRequired = new(426, "upgrade_required", "Open /v1/stream as a WebSocket.");

    /// <summary>The request asks for another version of the protocol.</summary>
    public static readonly HttpProblem UnsupportedVersion = new(426, "websocket_version", "Use version 13 of the WebSocket protocol.");

    /// <summary>The request is malformed. Callers may replace the detail.</summary>
    public static readonly HttpProblem Malformed = new(400, "bad_handshake", "Sec-WebSocket-Key: expected 16 bytes in base64.");

    const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Computes <c>Sec-WebSocket-Accept</c> for a client's <c>Sec-WebSocket-Key</c>.</summary>
    public static string AcceptOf(string key) =>
#pragma warning disable CA5350 // The protocol's own choice; nothing is secret here.
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid)));
#pragma warning restore CA5350

    /// <summary>Returns whether the key is 16 bytes of base64, as the protocol requires.</summary>
    public static bool IsValidKey(string? key)
    {
        Span<byte> bytes = stackalloc byte[18];
        return key is { Length: 24 } && Convert.TryFromBase64String(key, bytes, out var length) && length == 16;
    }

    /// <summary>Returns whether a comma-separated header value contains a token.</summary>
    public static bool HasToken(string? list, string token)
    {
        foreach (var part in (list ?? "").Split(','))
        {
            if (part.AsSpan().Trim().Equals(token, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
