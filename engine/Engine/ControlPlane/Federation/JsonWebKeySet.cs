using System.Text.Json;

namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>An issuer's public keys (RFC 7517, section 5). Keys that cannot verify signatures are left out, and so are shared secrets: a published one is none.</summary>
/// <param name="Keys">The keys.</param>
public sealed record JsonWebKeySet(IReadOnlyList<JsonWebKey> Keys)
{
    /// <summary>Maximum size of a set, in bytes, and number of keys that are used of it.</summary>
    public const int MaxSize = 256 * 1024, MaxKeys = 32;

    /// <summary>Parses a set.</summary>
    /// <returns><see langword="null"/> if it is none.</returns>
    public static JsonWebKeySet? Read(ReadOnlyMemory<byte> json) =>
        json.Length <= MaxSize && Jws.ReadObject(json) is { } set && set.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array
            ? new JsonWebKeySet([.. keys.EnumerateArray().Select(JsonWebKey.Read).OfType<JsonWebKey>().Where(key => key.Type != "oct").Take(MaxKeys)]) : null;

    /// <summary>Returns the keys that a token may be signed with: those with its id, or all if it names none.</summary>
    public IEnumerable<JsonWebKey> For(string? keyId) => keyId is null ? Keys : Keys.Where(key => key.Id == keyId);
}
