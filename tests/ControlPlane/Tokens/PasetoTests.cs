using System.Text;
using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Tokens;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.ControlPlane.Tokens;

/// <summary>The test vectors of PASETO v4 (github.com/paseto-standard/test-vectors).</summary>
public sealed class PasetoTests
{
    static IEnumerable<TestCaseData> Vectors()
    {
        var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests/Conformance/Paseto/v4.json")));
        foreach (var test in file.RootElement.GetProperty("tests").EnumerateArray())
        {
            yield return new TestCaseData(test).SetArgDisplayNames(test.GetProperty("name").GetString()!);
        }
    }

    [TestCaseSource(nameof(Vectors))]
    public void A_vector_gives_its_result(JsonElement test)
    {
        var token = test.GetProperty("token").GetString()!;
        var (footer, assertion) = (Bytes(test, "footer"), Bytes(test, "implicit-assertion"));
        if (!test.TryGetProperty("public-key", out var key))
        {
            LocalVector(test, token, footer, assertion);
            return;
        }

        var publicKey = Convert.FromHexString(key.GetString()!);
        var message = Paseto.Verify(token, publicKey, assertion);
        if (test.GetProperty("expect-fail").GetBoolean())
        {
            Assert.That(message, Is.Null);
            return;
        }

        Assert.That(Encoding.UTF8.GetString(message!), Is.EqualTo(test.GetProperty("payload").GetString()));
        Assert.That(Paseto.FooterOf(token), Is.EqualTo(footer));
        Assert.That(Paseto.Sign(message!, Convert.FromHexString(test.GetProperty("secret-key").GetString()!), footer, assertion), Is.EqualTo(token));
    }

    [Test]
    public void Any_altered_token_is_rejected()
    {
        var (publicKey, privateKey) = Paseto.MakeKeys();
        var token = Paseto.Sign("{\"sub\":\"ada\"}"u8, privateKey, "{\"kid\":\"1\"}"u8, "aud"u8);
        Assert.That(Paseto.Verify(token, publicKey, "aud"u8), Is.Not.Null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Paseto.Verify(token, publicKey, "other"u8), Is.Null, "another audience");
            Assert.That(Paseto.Verify(token, Paseto.MakeKeys().Public, "aud"u8), Is.Null, "another key");
            Assert.That(Paseto.Verify(token[..token.LastIndexOf('.')], publicKey, "aud"u8), Is.Null, "without the footer");
            Assert.That(Paseto.Verify(token + "=", publicKey, "aud"u8), Is.Null, "padded");
            Assert.That(Paseto.Verify("v3" + token[2..], publicKey, "aud"u8), Is.Null, "another version");
            for (var i = 0; i < token.Length; i++)
            {
                var changed = $"{token[..i]}{(token[i] == 'A' ? 'B' : 'A')}{token[(i + 1)..]}";
                Assert.That(Paseto.Verify(changed, publicKey, "aud"u8), Is.Null, $"the character at {i}");
            }
        }
    }

    [Test]
    public void Any_altered_encrypted_token_is_rejected()
    {
        var key = System.Security.Cryptography.RandomNumberGenerator.GetBytes(PasetoLocal.KeySize);
        var token = PasetoLocal.Encrypt("secret"u8, key, [], "place"u8);
        Assert.That(PasetoLocal.Decrypt(token, key, "place"u8), Is.EqualTo("secret"u8.ToArray()));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(PasetoLocal.Encrypt("secret"u8, key, [], "place"u8), Is.Not.EqualTo(token), "another nonce");
            Assert.That(PasetoLocal.Decrypt(token, key, "elsewhere"u8), Is.Null, "another place");
            Assert.That(PasetoLocal.Decrypt(PasetoLocal.Header, key, "place"u8), Is.Null, "nothing");
            for (var i = 0; i < token.Length; i++)
            {
                var changed = $"{token[..i]}{(token[i] == 'A' ? 'B' : 'A')}{token[(i + 1)..]}";
                Assert.That(PasetoLocal.Decrypt(changed, key, "place"u8), Is.Null, $"the character at {i}");
            }
        }
    }

    static void LocalVector(JsonElement test, string token, byte[] footer, byte[] assertion)
    {
        var key = Convert.FromHexString(test.GetProperty("key").GetString()!);
        Assert.That(Paseto.Verify(token, key, assertion), Is.Null, "a key of 32 bytes like a public one: it must not open a token of the other purpose");
        var message = PasetoLocal.Decrypt(token, key, assertion);
        if (test.GetProperty("expect-fail").GetBoolean())
        {
            Assert.That(message, Is.Null);
            return;
        }

        Assert.That(Encoding.UTF8.GetString(message!), Is.EqualTo(test.GetProperty("payload").GetString()));
        Assert.That(PasetoLocal.Encrypt(message!, key, footer, assertion, Convert.FromHexString(test.GetProperty("nonce").GetString()!)), Is.EqualTo(token));
    }

    static byte[] Bytes(JsonElement test, string name) => Encoding.UTF8.GetBytes(test.GetProperty(name).GetString()!);
}
