using System.Text;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Events.MessagePack;
using MessagePack;

namespace CartRecovery.Tests.Events.MessagePack;

/// <summary>The engine's conversion gives the same bytes as the MessagePack package's.</summary>
public sealed class JsonToMessagePackTests
{
    [TestCase("{}")]
    [TestCase("[]")]
    [TestCase("[[],{},[[]]]")]
    [TestCase("""{"a":null,"b":[true,false,1.5,-3],"c":{"d":"x","e\n":[{}]}}""")]
    [TestCase("""["\u00e4\n\"\\","\ud83d\uded2"," plain ","ä🛒"]""")]
    [TestCase("[0,127,128,255,256,65535,65536,4294967295,4294967296,-32,-33,-128,-129,-2147483648,-2147483649,9223372036854775807,1e3]")]
    public void JSON_is_converted_to_equivalent_MessagePack(string json) => AssertSame(json);

    // Around the counts and lengths at which the encoding changes.
    [Test]
    public void JSON_of_any_size_is_converted([Values(15, 16, 17, 31, 32, 255, 256, 70_000)] int count)
    {
        var inner = new JsonArray([.. Enumerable.Range(0, count).Select(i => (JsonNode)i)]);
        var map = new JsonObject(Enumerable.Range(0, count).Select(i => KeyValuePair.Create<string, JsonNode?>($"n{i}", i % 2 == 0 ? i : $"t{i}")));
        AssertSame(new JsonObject { ["before"] = 1, ["array"] = inner, ["map"] = map, ["text"] = new string('x', count), ["after"] = new JsonArray(1, 2) }.ToJsonString());
    }

    static void AssertSame(string json) =>
        Assert.That(JsonToMessagePack.Convert(Encoding.UTF8.GetBytes(json)), Is.EqualTo(MessagePackSerializer.ConvertFromJson(json)));
}
