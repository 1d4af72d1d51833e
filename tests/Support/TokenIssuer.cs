using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CartRecovery.Tests.Support;

/// <summary>Signs JSON Web Tokens as another issuer does, well or badly.</summary>
sealed class TokenIssuer : IDisposable
{
    ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The id of the key that signs.</summary>
    public string KeyId { get; private set; } = "k1";

    /// <summary>The key set with the key that signs.</summary>
    public string KeySet
    {
        get
        {
            var point = _key.ExportParameters(includePrivateParameters: false).Q;
            return $$"""{"keys":[{"kty":"EC","crv":"P-256","use":"sig","kid":"{{KeyId}}","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}]}""";
        }
    }

    /// <summary>Replaces the key.</summary>
    public void Rotate(string keyId)
    {
        _key.Dispose();
        (_key, KeyId) = (ECDsa.Create(ECCurve.NamedCurves.nistP256), keyId);
    }

    /// <summary>Signs claims.</summary>
    /// <param name="claims">The claims, as JSON.</param>
    /// <param name="header">More of the header: <c>,"crit":["x"]</c>.</param>
    public string Sign(string claims, string header = "") => Sign(claims, $$"""{"alg":"ES256","kid":"{{KeyId}}"{{header}}}""",
        text => _key.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));

    /// <summary>Signs claims, and does not say with which key.</summary>
    public string SignNameless(string claims) => Sign(claims, """{"alg":"ES256"}""", text => _key.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));

    /// <summary>Writes claims that nobody signed.</summary>
    public string Unsigned(string claims) => Sign(claims, $$"""{"alg":"none","kid":"{{KeyId}}"}""", _ => []);

    /// <summary>Signs claims with the public key as if it were a shared secret.</summary>
    public string SignedWithPublicKey(string claims) => Sign(claims, $$"""{"alg":"HS256","kid":"{{KeyId}}"}""", text => HMACSHA256.HashData(Encoding.UTF8.GetBytes(KeySet), text));

    /// <summary>Changes claims of a JSON object: a value of <see langword="null"/> removes one.</summary>
    public static string With(string claims, params (string Name, JsonNode? Value)[] changes)
    {
        var json = (JsonObject)JsonNode.Parse(claims)!;
        foreach (var (name, value) in changes)
        {
            json.Remove(name);
            if (value is not null)
            {
                json[name] = value;
            }
        }

        return json.ToJsonString();
    }

    public void Dispose() => _key.Dispose();

    static string Sign(string claims, string header, Func<byte[], byte[]> sign)
    {
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(signed)))}";
    }
}
