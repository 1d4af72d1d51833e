using System.Security.Cryptography;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Tokens;
using Geralt;

namespace CartRecovery.Engine.ControlPlane.Federation;

/// <summary>
/// A JSON Web Key (RFC 7517) that verifies signatures. The key decides which algorithms it verifies: by its type, its curve and its
/// <c>alg</c>. A token's header can only select one of those. Immutable. Thread-safe.
/// </summary>
public sealed class JsonWebKey
{
    // The minimum is that of RFC 7518, section 3.3; the maximum bounds the cost of a verification.
    const int MinRsaBits = 2048, MaxRsaBits = 8192;
    const int MaxIdLength = 256, MaxSecretBytes = 1024;

    static readonly string[] s_rsa = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

    readonly RSAParameters _rsa;
    readonly ECParameters _ec;
    readonly byte[] _bytes;

    JsonWebKey(JsonElement json, IReadOnlyList<string> algorithms, RSAParameters rsa = default, ECParameters ec = default, byte[]? bytes = null)
    {
        (Id, Algorithm, Type) = (Text(json, "kid"), Text(json, "alg"), Text(json, "kty")!);
        (Algorithms, _rsa, _ec, _bytes) = (algorithms, rsa, ec, bytes ?? []);
    }

    JsonWebKey(byte[] secret) => (Type, Algorithm, Algorithms, _bytes) = ("oct", "HS256", ["HS256"], secret);

    /// <summary>The key's id.</summary>
    public string? Id { get; }

    /// <summary>The type: RSA, EC, OKP, or oct for a shared secret.</summary>
    public string Type { get; }

    /// <summary>The key's <c>alg</c>; <see langword="null"/> if it has none.</summary>
    public string? Algorithm { get; }

    /// <summary>The algorithms that the key verifies.</summary>
    public IReadOnlyList<string> Algorithms { get; }

    /// <summary>Creates a key from a shared secret, for HS256.</summary>
    public static JsonWebKey OfSecret(byte[] secret) => new(secret);

    /// <summary>Parses a key.</summary>
    /// <returns><see langword="null"/> if it is malformed, of an unknown type, too weak, or not meant for signatures.</returns>
    public static JsonWebKey? Read(JsonElement json)
    {
        try
        {
            if (json.ValueKind != JsonValueKind.Object || !IsForSignatures(json) || Text(json, "kid") is { Length: > MaxIdLength })
            {
                return null;
            }

            return Text(json, "kty") switch
            {
                "RSA" => ReadRsa(json),
                "EC" => ReadEc(json),
                "OKP" => ReadEd25519(json),
                "oct" => ReadSecret(json),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // A text with an unpaired surrogate.
            return null;
        }
    }

    /// <summary>Verifies a signature.</summary>
    /// <param name="algorithm">The algorithm that the token's header names.</param>
    /// <param name="data">The signed bytes.</param>
    /// <param name="signature">The signature.</param>
    /// <returns><see langword="false"/> if the signature is invalid, or the key does not support the algorithm.</returns>
    public bool Verify(string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (!Algorithms.Contains(algorithm, StringComparer.Ordinal))
        {
            return false;
        }

        try
        {
            switch (Type)
            {
                case "RSA":
                    using (var rsa = RSA.Create(_rsa))
                    {
                        return signature.Length == _rsa.Modulus!.Length
                            && rsa.VerifyData(data, signature, HashOf(algorithm), algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
                    }

                case "EC":
                    using (var ec = ECDsa.Create(_ec))
                    {
                        return signature.Length == 2 * _ec.Q.X!.Length
                            && ec.VerifyData(data, signature, HashOf(algorithm), DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
                    }

                case "OKP":
                    return signature.Length == Ed25519.SignatureSize && Ed25519.Verify(signature, data, _bytes);
                default:
                    Span<byte> mac = stackalloc byte[HMACSHA512.HashSizeInBytes];
                    var length = algorithm switch
                    {
                        "HS256" => HMACSHA256.HashData(_bytes, data, mac),
                        "HS384" => HMACSHA384.HashData(_bytes, data, mac),
                        _ => HMACSHA512.HashData(_bytes, data, mac),
                    };
                    return CryptographicOperations.FixedTimeEquals(mac[..length], signature);
            }
        }
        catch (CryptographicException)
        {
            // The coordinates are not a point of the curve, or the modulus is invalid.
            return false;
        }
    }

    static HashAlgorithmName HashOf(string algorithm) => algorithm[2..] switch
    {
        "256" => HashAlgorithmName.SHA256,
        "384" => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    // Checks "use" and "key_ops" (RFC 7517, sections 4.2 and 4.3); a key may have neither.
    static bool IsForSignatures(JsonElement json) =>
        (!json.TryGetProperty("use", out var use) || (use.ValueKind == JsonValueKind.String && use.ValueEquals("sig")))
        && (!json.TryGetProperty("key_ops", out var operations)
            || (operations.ValueKind == JsonValueKind.Array && operations.EnumerateArray().Any(o => o.ValueKind == JsonValueKind.String && o.ValueEquals("verify"))));

    static JsonWebKey? ReadRsa(JsonElement json)
    {
        if (!TryBytes(json, "n", out var modulus) || !TryBytes(json, "e", out var exponent))
        {
            return null;
        }

        // Only the usual exponents: a long one would make a verification as expensive as a signature.
        (modulus, exponent) = ([.. modulus.SkipWhile(b => b == 0)], [.. exponent.SkipWhile(b => b == 0)]);
        var isStrong = modulus.Length is >= MinRsaBits / 8 and <= MaxRsaBits / 8 && (exponent is [3] or [1, 0, 1]);
        return isStrong && RsaAlgorithms(Text(json, "alg")) is { Length: > 0 } algorithms
            ? new JsonWebKey(json, algorithms, rsa: new RSAParameters { Modulus = modulus, Exponent = exponent }) : null;
    }

    // An "alg" fixes the padding and the hash.
    static string[] RsaAlgorithms(string? named) => named is null ? s_rsa
        : s_rsa.Contains(named, StringComparer.Ordinal) ? [.. s_rsa.Where(a => a[..2] == named[..2] && string.CompareOrdinal(a, named) >= 0)] : [];

    static JsonWebKey? ReadEc(JsonElement json)
    {
        // The curve fixes the algorithm (RFC 7518, section 3.4). Reject a key whose "alg" is of another family.
        var (curve, size, algorithm) = Text(json, "crv") switch
        {
            "P-256" => (ECCurve.NamedCurves.nistP256, 32, "ES256"),
            "P-384" => (ECCurve.NamedCurves.nistP384, 48, "ES384"),
            "P-521" => (ECCurve.NamedCurves.nistP521, 66, "ES512"),
            _ => (default, 0, ""),
        };
        var isNamed = Text(json, "alg") is { } named && !named.StartsWith("ES", StringComparison.Ordinal);
        return size > 0 && !isNamed && TryBytes(json, "x", out var x) && TryBytes(json, "y", out var y) && x.Length == size && y.Length == size
            ? new JsonWebKey(json, [algorithm], ec: new ECParameters { Curve = curve, Q = new ECPoint { X = x, Y = y } }) : null;
    }

    static JsonWebKey? ReadEd25519(JsonElement json) =>
        Text(json, "crv") == "Ed25519" && Text(json, "alg") is null or "EdDSA" or "Ed25519" && TryBytes(json, "x", out var x) && x.Length == Ed25519.PublicKeySize
            ? new JsonWebKey(json, ["EdDSA", "Ed25519"], bytes: x) : null;

    static JsonWebKey? ReadSecret(JsonElement json)
    {
        // At least as long as the hash (RFC 7518, section 3.2).
        var size = Text(json, "alg") switch { "HS256" => 32, "HS384" => 48, "HS512" => 64, _ => int.MaxValue };
        return TryBytes(json, "k", out var secret) && secret.Length >= size && secret.Length <= MaxSecretBytes
            ? new JsonWebKey(json, [Text(json, "alg")!], bytes: secret) : null;
    }

    static bool TryBytes(JsonElement json, string name, out byte[] bytes)
    {
        bytes = [];
        return Text(json, name) is { } text && Base64UrlText.TryDecode(text, out bytes);
    }

    static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
