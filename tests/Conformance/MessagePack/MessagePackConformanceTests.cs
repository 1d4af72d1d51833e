using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Tests.Events.MessagePack;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Conformance.MessagePack;

/// <summary>
/// Runs the public msgpack-test-suite (Yusuke Kawasaki, MIT, beside this file): every value must be read from every one of its encodings.
/// </summary>
public sealed class MessagePackConformanceTests
{
    static readonly JsonElement s_suite = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(Repository.Root, "tests", "Conformance", "MessagePack", "msgpack-test-suite.json"))).RootElement;

    static IEnumerable<TestCaseData> Encodings() =>
        from file in s_suite.EnumerateObject()
        from example in file.Value.EnumerateArray()
        from encoding in example.GetProperty("msgpack").EnumerateArray()
        select new TestCaseData(example, encoding.GetString()).SetArgDisplayNames($"{file.Name} {encoding.GetString()}");

    [Test]
    public void The_suite_is_complete() =>
        Assert.That((s_suite.EnumerateObject().Count(), Encodings().Count()), Is.EqualTo((15, 233)));

    [TestCaseSource(nameof(Encodings))]
    public void An_encoding_is_read_as_its_value(JsonElement example, string encoding)
    {
        var bytes = Bytes(encoding);
        var reader = new MessagePackReader(bytes);
        var value = example.EnumerateObject().Last(property => property.Name != "msgpack");
        AssertIs(value, ref reader);
        Assert.That(reader.Position, Is.EqualTo(bytes.Length));

        var skipping = new MessagePackReader(bytes);
        Assert.That((skipping.Skip(), skipping.Position), Is.EqualTo((true, bytes.Length)));
    }

    [TestCaseSource(nameof(Encodings))]
    public void A_truncated_encoding_is_rejected(JsonElement example, string encoding)
    {
        Assert.That(example.ValueKind, Is.EqualTo(JsonValueKind.Object));
        var bytes = Bytes(encoding);
        for (var length = 0; length < bytes.Length; length++)
        {
            var reader = new MessagePackReader(bytes.AsSpan(0, length));
            Assert.That(reader.Skip(), Is.False, $"truncated to {length} bytes");
        }
    }

    [TestCaseSource(nameof(Encodings))]
    public void An_encoding_is_converted_to_equivalent_JSON(JsonElement example, string encoding)
    {
        Assert.That(example.ValueKind, Is.EqualTo(JsonValueKind.Object));
        var bytes = Bytes(encoding);
        var json = new CartRecovery.Engine.Events.Slabs.TextBuffer();
        var written = MessagePackJson.TryWriteWhole(bytes, json);
        string? expected;
        try
        {
            expected = PlainMessagePack.Json(PlainMessagePack.Read(bytes));
        }
        catch (PlainProblem)
        {
            expected = null;
        }

        Assert.That(written ? Encoding.UTF8.GetString(json.Text) : null, Is.EqualTo(expected));
    }

    static void AssertIs(JsonProperty value, ref MessagePackReader reader)
    {
        var kind = reader.Read();
        switch (value.Name)
        {
            case "nil":
                Assert.That(kind, Is.EqualTo(MessagePackKind.Nil));
                break;
            case "bool":
                Assert.That((kind, reader.Integer), Is.EqualTo((MessagePackKind.Boolean, value.Value.GetBoolean() ? 1L : 0L)));
                break;
            case "binary":
                Assert.That(kind, Is.EqualTo(MessagePackKind.Binary));
                Assert.That(reader.Content.ToArray(), Is.EqualTo(Bytes(value.Value.GetString()!)));
                break;
            case "number" or "bignum":
                var text = value.Value.ValueKind == JsonValueKind.String ? value.Value.GetString()! : value.Value.GetRawText();
                AssertIsNumber(text, kind, reader);
                break;
            case "string":
                Assert.That((kind, Encoding.UTF8.GetString(reader.Content)), Is.EqualTo((MessagePackKind.Text, value.Value.GetString())));
                break;
            case "timestamp":
                Assert.That(kind, Is.EqualTo(MessagePackKind.Extension));
                Assert.That(MessagePackTime.TryRead(reader, out var seconds, out var nanoseconds), Is.True);
                Assert.That((seconds, nanoseconds), Is.EqualTo((value.Value[0].GetInt64(), value.Value[1].GetInt32())));
                break;
            case "ext":
                Assert.That((kind, (int)reader.ExtensionType), Is.EqualTo((MessagePackKind.Extension, value.Value[0].GetInt32())));
                Assert.That(reader.Content.ToArray(), Is.EqualTo(Bytes(value.Value[1].GetString()!)));
                break;
            case "array" or "map":
                AssertIsTree(value.Value, kind, ref reader);
                break;
            default:
                Assert.Fail($"the suite has an unknown kind: {value.Name}");
                break;
        }
    }

    static void AssertIsTree(JsonElement value, MessagePackKind kind, ref MessagePackReader reader)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                Assert.That((kind, (int)reader.Count), Is.EqualTo((MessagePackKind.Array, value.GetArrayLength())));
                foreach (var element in value.EnumerateArray())
                {
                    AssertIsTree(element, reader.Read(), ref reader);
                }

                break;
            case JsonValueKind.Object:
                Assert.That((kind, (int)reader.Count), Is.EqualTo((MessagePackKind.Map, value.EnumerateObject().Count())));
                foreach (var property in value.EnumerateObject())
                {
                    Assert.That((reader.Read(), Encoding.UTF8.GetString(reader.Content)), Is.EqualTo((MessagePackKind.Text, property.Name)));
                    AssertIsTree(property.Value, reader.Read(), ref reader);
                }

                break;
            case JsonValueKind.String:
                Assert.That((kind, Encoding.UTF8.GetString(reader.Content)), Is.EqualTo((MessagePackKind.Text, value.GetString())));
                break;
            default:
                AssertIsNumber(value.GetRawText(), kind, reader);
                break;
        }
    }

    static void AssertIsNumber(string text, MessagePackKind kind, in MessagePackReader reader)
    {
        if (kind is MessagePackKind.Single or MessagePackKind.Double)
        {
            Assert.That(reader.Real, Is.EqualTo(double.Parse(text, CultureInfo.InvariantCulture)));
            return;
        }

        Assert.That(kind, Is.EqualTo(MessagePackKind.Integer).Or.EqualTo(MessagePackKind.Unsigned));
        var whole = kind == MessagePackKind.Unsigned ? (ulong)reader.Integer : new BigInteger(reader.Integer);
        Assert.That(whole, Is.EqualTo(BigInteger.Parse(text, CultureInfo.InvariantCulture)));
    }

    static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace("-", "", StringComparison.Ordinal));
}
