using System.Text.Json;
using CartRecovery.Engine.ControlPlane.Federation;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Conformance.Jws;

/// <summary>
/// Project Wycheproof's vectors for JSON Web Signatures (github.com/C2SP/wycheproof, Apache-2.0): 401, of which 46 are valid. The padding that two of
/// them are about was lost in publication: they are vector 357, byte for byte and with its key, but one is called valid and two invalid.
/// </summary>
public sealed class JwsConformanceTests
{
    const int Unpadded = 357;

    static readonly int[] s_lostPadding = [367, 370];

    static IEnumerable<TestCaseData> Vectors()
    {
        var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests/Conformance/Jws/json_web_signature_test.json")));
        foreach (var group in file.RootElement.GetProperty("testGroups").EnumerateArray())
        {
            // A shared secret has no public part.
            var key = group.TryGetProperty("public", out var known) ? known : group.GetProperty("private");
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                yield return new TestCaseData(key, test).SetArgDisplayNames($"{test.GetProperty("tcId")} {test.GetProperty("comment").GetString()}");
            }
        }
    }

    [TestCaseSource(nameof(Vectors))]
    public void A_vector_gives_its_result(JsonElement key, JsonElement test)
    {
        var token = test.GetProperty("jws") is { ValueKind: JsonValueKind.String } text ? text.GetString()! : test.GetProperty("jws").GetRawText();
        var isValid = JsonWebKey.Read(key) is { } known && Engine.ControlPlane.Federation.Jws.Read(token)?.IsSignedBy(known) == true;
        Assert.That(isValid, Is.EqualTo(test.GetProperty("result").GetString() == "valid" || s_lostPadding.Contains(test.GetProperty("tcId").GetInt32())));
    }

    [Test]
    public void There_are_401_vectors_of_which_two_contradict_a_third()
    {
        var vectors = Vectors().ToDictionary(data => ((JsonElement)data.Arguments[1]!).GetProperty("tcId").GetInt32(), data => data.Arguments);
        Assert.That(vectors, Has.Count.EqualTo(401));
        foreach (var id in s_lostPadding)
        {
            Assert.That(Text(vectors[id]), Is.EqualTo(Text(vectors[Unpadded])));
            Assert.That(Engine.ControlPlane.Federation.Jws.Read(Padded(vectors[id], id)), Is.Null, "with the padding that it is about");
        }

        static string Text(object?[] vector) => $"{(JsonElement)vector[0]!} {((JsonElement)vector[1]!).GetProperty("jws")}";
    }

    static string Padded(object?[] vector, int id) =>
        ((JsonElement)vector[1]!).GetProperty("jws").GetString()!.Split('.') is [var header, var payload, var mac] && id == s_lostPadding[0]
            ? $"{header}=.{payload}.{mac}" : ((JsonElement)vector[1]!).GetProperty("jws").GetString()!.Replace(".VGVzdA.", ".VGVzdA==.", StringComparison.Ordinal);
}
