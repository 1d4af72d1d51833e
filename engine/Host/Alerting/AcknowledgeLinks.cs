using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CartRecovery.Host.Alerting;

/// <summary>Signed links by which somebody acknowledges one alert without signing in.</summary>
/// <param name="secret">The data folder's secret.</param>
/// <param name="externalUrl">The address of this engine; empty for no links.</param>
sealed class AcknowledgeLinks(byte[] secret, string externalUrl)
{
    const int MacSize = 16, MaxId = 64;

    readonly byte[] _key = HMACSHA256.HashData(secret, "alerts acknowledge"u8);

    /// <summary>Makes the link of an alert; null if the engine's address is not configured.</summary>
    public string? Of(string id) => externalUrl.Length == 0 ? null : $"{externalUrl}/alerts/acknowledge/{TokenOf(id)}";

    /// <summary>Makes the token of an alert.</summary>
    public string TokenOf(string id) => Base64Url.EncodeToString([.. Mac(id), .. Encoding.UTF8.GetBytes(id)]);

    /// <summary>Reads the id of an alert from its token; null if the token is not ours.</summary>
    public string? Read(string token)
    {
        if (token.Length > 2 * (MacSize + MaxId) || !Base64Url.IsValid(token))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(token);
        if (bytes.Length <= MacSize)
        {
            return null;
        }

        var id = Encoding.UTF8.GetString(bytes.AsSpan(MacSize));
        return CryptographicOperations.FixedTimeEquals(bytes.AsSpan(0, MacSize), Mac(id)) ? id : null;
    }

    byte[] Mac(string id) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(id))[..MacSize];
}
