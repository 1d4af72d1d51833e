using System.Text.Json;

namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>
/// An issuer's public keys (RFC 7517, section 5). Leaves out keys that cannot verify signatures, and shared secrets: a published secret is none.
/// </summary>
/// <param name="Keys">The keys.</param>
public sealed record JsonWebKeySet(IReadOnlyList<JsonWebKey> Keys)
{
    /// <summary>Maximum size of a set, in bytes, and maximum number of keys; further keys are ignored.</summary>
    public const int MaxSize = 256 * 1024, MaxKeys = 32;

    /// <summary>Parses a set.</summary>
    /// <returns><see langword="null"/> if the document is not a key set.</returns>
    public static JsonWebKeySet? Read(ReadOnlyMemory<byte> json) =>
        json.Length <= MaxSize && Jws.ReadObject(json) is { } set && set.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array
            ? new JsonWebKeySet([.. keys.EnumerateArray().Select(JsonWebKey.Read).OfType<JsonWebKey>().Where(key => key.Type != "oct").Take(MaxKeys)]) : null;

    /// <summary>Returns the keys with an id; all keys if the token names none.</summary>
    public IEnumerable<JsonWebKey> For(string? keyId) => keyId is null ? Keys : Keys.Where(key => key.Id == keyId);
}
