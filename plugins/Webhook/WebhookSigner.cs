using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Plugins;

/// <summary>
/// Signs as Standard Webhooks 1.0 says: HMAC-SHA256 over <c>id.timestamp.payload</c>. Several secrets give several signatures, so that a
/// receiver can be moved from one to the next.
/// </summary>
sealed class WebhookSigner
{
    const string Prefix = "whsec_";
    const int ShortestKey = 24;
    const int LongestKey = 64;

    readonly byte[][] _keys;

    WebhookSigner(byte[][] keys) => _keys = keys;

    /// <summary>Reads secrets, separated by spaces.</summary>
    /// <param name="secrets">Each <c>whsec_</c> and the base64 of 24 to 64 bytes.</param>
    /// <param name="signer">The signer, where the result is <see langword="null"/>.</param>
    /// <returns>What is wrong, as a phrase without any of the secret; or <see langword="null"/>.</returns>
    public static string? TryParse(string secrets, out WebhookSigner? signer)
    {
        signer = null;
        var parts = secrets.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
            return "is empty";
        var keys = new byte[parts.Length][];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!parts[i].StartsWith(Prefix, StringComparison.Ordinal))
                return $"must begin with {Prefix}";
            var buffer = new byte[parts[i].Length];
            if (!Convert.TryFromBase64String(parts[i][Prefix.Length..], buffer, out var length))
                return $"must be base64 after {Prefix}";
            if (length is < ShortestKey or > LongestKey)
                return $"must hold {ShortestKey} to {LongestKey} bytes, not {length}";
            keys[i] = buffer[..length];
        }

        signer = new WebhookSigner(keys);
        return null;
    }

    /// <summary>The value of <c>webhook-signature</c>.</summary>
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
