using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;

namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>A browser's attempt to sign in. It is kept by the browser alone, encrypted, so that nobody can fill the engine with attempts.</summary>
/// <param name="State">Comes back with the answer.</param>
/// <param name="Nonce">Comes back in the ID token.</param>
/// <param name="Verifier">Proves that the code was asked for here (PKCE, RFC 7636).</param>
/// <param name="ReturnTo">The path to go to afterwards.</param>
/// <param name="Expires">When it is too late.</param>
public sealed record OidcAttempt(string State, string Nonce, string Verifier, string ReturnTo, DateTimeOffset Expires)
{
    /// <summary>How long it may take.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    static readonly byte[] s_assertion = "oidc-attempt"u8.ToArray();

    /// <summary>Begins an attempt.</summary>
    /// <param name="returnTo">The path to go to afterwards.</param>
    /// <param name="now">The time.</param>
    public static OidcAttempt Begin(string returnTo, DateTimeOffset now) => new(Random(), Random(), Random(), returnTo, now + Life);

    /// <summary>Encrypts it.</summary>
    public string Seal(ControlKeys keys)
    {
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartArray();
            writer.WriteStringValue(State);
            writer.WriteStringValue(Nonce);
            writer.WriteStringValue(Verifier);
            writer.WriteStringValue(ReturnTo);
            writer.WriteNumberValue(Expires.ToUnixTimeMilliseconds());
            writer.WriteEndArray();
        }

        return PasetoLocal.Encrypt(json.WrittenSpan, KeyOf(keys), footer: [], s_assertion);
    }

    /// <summary>Decrypts an attempt.</summary>
    /// <returns><see langword="null"/> if it is none, or it is too late.</returns>
    public static OidcAttempt? Open(string text, ControlKeys keys, DateTimeOffset now)
    {
        if (PasetoLocal.Decrypt(text, KeyOf(keys), s_assertion) is not { } json)
        {
            return null;
        }

        using var document = JsonDocument.Parse(json);
        var values = document.RootElement;
        var expires = DateTimeOffset.FromUnixTimeMilliseconds(values[4].GetInt64());
        return expires <= now ? null : new OidcAttempt(values[0].GetString()!, values[1].GetString()!, values[2].GetString()!, values[3].GetString()!, expires);
    }

    /// <summary>Returns whether an answer's state is this attempt's.</summary>
    public bool Matches(string state) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(State), Encoding.UTF8.GetBytes(state));

    static byte[] KeyOf(ControlKeys keys) => keys.Derive("oidc attempts");

    static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
