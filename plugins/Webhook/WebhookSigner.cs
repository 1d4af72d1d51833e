using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CartRecovery.Contracts;

namespace CartRecovery.Plugins;

/// <summary>
/// Signs per Standard Webhooks 1.0: HMAC-SHA256 over <c>id.timestamp.payload</c>. Several secrets give several signatures, so that a
/// secret can be rotated.
/// </summary>
sealed class WebhookSigner
{
    const string Prefix = "whsec_";
    const int MinKeyLength = 24;
    const int MaxKeyLength = 64;

    static readonly string s_form = $"{Prefix} and the base64 of {MinKeyLength} to {MaxKeyLength} bytes";

    readonly byte[][] _keys;

    WebhookSigner(byte[][] keys) => _keys = keys;

    /// <summary>Parses secrets, separated by spaces.</summary>
    /// <param name="secrets">Each <c>whsec_</c> and the base64 of 24 to 64 bytes.</param>
    /// <param name="signer">The signer, if the result is <see langword="null"/>.</param>
    /// <returns>A description of the error that reveals nothing of the secrets; or <see langword="null"/>.</returns>
    public static string? TryParse(Secret secrets, out WebhookSigner? signer)
    {
        signer = null;
        var parts = secrets.Reveal().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
        {
            return $"expected {s_form}";
        }

        var keys = new byte[parts.Length][];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!parts[i].StartsWith(Prefix, StringComparison.Ordinal))
            {
                return $"expected {s_form}, got a text that does not begin with {Prefix}";
            }

            var buffer = new byte[parts[i].Length];
            if (!Convert.TryFromBase64String(parts[i][Prefix.Length..], buffer, out var length))
            {
                return $"expected {s_form}, got invalid base64 after {Prefix}";
            }

            if (length is < MinKeyLength or > MaxKeyLength)
            {
                return $"expected {s_form}, got {length} bytes";
            }

            keys[i] = buffer[..length];
        }

        signer = new WebhookSigner(keys);
        return null;
    }

    /// <summary>Returns the value of <c>webhook-signature</c>.</summary>
    /// <param name="id">The value of <c>webhook-id</c>.</param>
    /// <param name="timestamp">The value of <c>webhook-timestamp</c>: seconds since 1970.</param>
    /// <param name="payload">The body.</param>
    public string Sign(string id, long timestamp, ReadOnlySpan<byte> payload)
    {
        var content = new ArrayBufferWriter<byte>(id.Length + 24 + payload.Length);
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}."), content);
        content.Write(payload);
        var signatures = new string[_keys.Length];
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        for (var i = 0; i < _keys.Length; i++)
        {
            HMACSHA256.HashData(_keys[i], content.WrittenSpan, hash);
            signatures[i] = "v1," + Convert.ToBase64String(hash);
        }

        return string.Join(' ', signatures);
    }
}
