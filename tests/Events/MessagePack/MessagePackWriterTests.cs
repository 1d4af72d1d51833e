using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Events.MessagePack;

namespace CartRecovery.Tests.Events.MessagePack;

public sealed class MessagePackWriterTests
{
    [TestCase("{}")]
    [TestCase("[]")]
    [TestCase("""{"a":null,"b":[true,false,1.5,-3],"c":{"d":"x"}}""")]
    [TestCase("""["\u00e4\n\"\\","\ud83d\uded2"," plain "]""")]
    [TestCase("[0,127,128,255,256,65535,65536,4294967295,4294967296,-32,-33,-2147483648,-2147483649,9223372036854775807,1e3]")]
    public void Json_becomes_what_it_says(string json) => AssertSame(json);

    // Around the counts and lengths at which the form changes, nested so that what moves has moved things within it.
    [Test]
    public void So_does_json_of_any_size([Values(15, 16, 17, 300, 70_000)] int count)
    {
        var inner = new JsonArray([.. Enumerable.Range(0, count).Select(i => (JsonNode)i)]);
        AssertSame(inner.ToJsonString());
        var map = new JsonObject(Enumerable.Range(0, count).Select(i => KeyValuePair.Create<string, JsonNode?>($"n{i}", i % 2 == 0 ? i : $"t{i}")));
        AssertSame(new JsonObject { ["before"] = 1, ["array"] = inner, ["map"] = map, ["text"] = new string('x', count), ["after"] = new JsonArray(1, 2) }.ToJsonString());
    }

    static void AssertSame(string json)
    {
        var packed = MessagePackWriter.FromJson(Encoding.UTF8.GetBytes(json));
        var at = 0;
        var value = PlainMessagePack.Read(packed, ref at);
        Assert.That(at, Is.EqualTo(packed.Length));
        Assert.That(Describe(value), Is.EqualTo(Describe(JsonNode.Parse(json))));
    }

    static string Describe(object? value) => value switch
    {
        null => "null",
        PlainText text => JsonSerializer.Serialize(Encoding.UTF8.GetString(text.Bytes)),
        List<object?> array => $"[{string.Join(',', array.Select(Describe))}]",
        PlainMap map => $"{{{string.Join(',', map.Pairs.Select(p => $"{Describe(p.Name)}:{Describe(p.Value)}"))}}}",
        JsonObject node => $"{{{string.Join(',', node.Select(p => $"{JsonSerializer.Serialize(p.Key)}:{Describe(p.Value)}"))}}}",
        JsonArray node => $"[{string.Join(',', node.Select(Describe))}]",
        JsonValue node when node.GetValueKind() == JsonValueKind.String => JsonSerializer.Serialize(node.GetValue<string>()),
        JsonValue node when node.GetValueKind() == JsonValueKind.Number && node.TryGetValue<long>(out var whole) => $"{whole}",
        JsonValue node when node.GetValueKind() == JsonValueKind.Number => $"{node.GetValue<double>():R}",
        JsonValue node => node.GetValue<bool>() ? "true" : "false",
        double number => $"{number:R}",
        BigInteger number => $"{number}",
        bool flag => flag ? "true" : "false",
        _ => throw new FormatException($"{value}"),
    };
}
