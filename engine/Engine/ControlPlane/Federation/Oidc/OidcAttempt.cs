using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Database;
using CartRecovery.Engine.ControlPlane.Tokens;

namespace CartRecovery.Engine.ControlPlane.Federation.Oidc;

/// <summary>A browser's attempt to sign in. Only the browser keeps it, encrypted: attempts must not fill the engine's memory.</summary>
/// <param name="State">The <c>state</c> parameter; the provider's answer repeats it.</param>
/// <param name="Nonce">The <c>nonce</c> parameter; the ID token repeats it.</param>
/// <param name="Verifier">The PKCE code verifier (RFC 7636): only this engine can exchange the code.</param>
/// <param name="ReturnTo">The path to open after the sign-in.</param>
/// <param name="Expires">When the attempt expires.</param>
public sealed record OidcAttempt(string State, string Nonce, string Verifier, string ReturnTo, DateTimeOffset Expires)
{
    /// <summary>Lifetime of an attempt.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    static readonly byte[] s_assertion = "oidc-attempt"u8.ToArray();

    /// <summary>Begins an attempt.</summary>
    /// <param name="returnTo">The path to open after the sign-in.</param>
    /// <param name="now">The current time.</param>
    public static OidcAttempt Begin(string returnTo, DateTimeOffset now) => new(Random(), Random(), Random(), returnTo, now + Life);

    /// <summary>Encrypts the attempt, for a cookie.</summary>
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
    /// <returns><see langword="null"/> if the text is not an attempt, or the attempt has expired.</returns>
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

    /// <summary>Returns whether an answer's state is that of this attempt, in constant time.</summary>
    public bool Matches(string state) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(State), Encoding.UTF8.GetBytes(state));

    static byte[] KeyOf(ControlKeys keys) => keys.Derive("oidc attempts");

    static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
