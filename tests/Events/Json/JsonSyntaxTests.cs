using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.Json;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Events.Json;

/// <summary>The syntax check finds the ends that the framework's reader finds, and rejects what it throws for.</summary>
public sealed class JsonSyntaxTests
{
    [TestCase("")]
    [TestCase("{")]
    [TestCase("}")]
    [TestCase("[1,]")]
    [TestCase("[,1]")]
    [TestCase("[1 2]")]
    [TestCase("[1}")]
    [TestCase("{]")]
    [TestCase("""{"a"}""")]
    [TestCase("""{"a":}""")]
    [TestCase("""{"a":1,}""")]
    [TestCase("""{"a":1 "b":2}""")]
    [TestCase("""{a:1}""")]
    [TestCase("""{"a":1/""")]
    [TestCase("""{"a":1}/""")]
    [TestCase("1/2")]
    [TestCase("01")]
    [TestCase("-")]
    [TestCase("-0")]
    [TestCase("1.")]
    [TestCase(".5")]
    [TestCase("1e")]
    [TestCase("1e+")]
    [TestCase("1E-7")]
    [TestCase("1a")]
    [TestCase("+1")]
    [TestCase("nul")]
    [TestCase("nullx")]
    [TestCase("[truefalse]")]
    [TestCase("\"")]
    [TestCase("\"\\\"")]
    [TestCase("\"\\x\"")]
    [TestCase("\"\\u12g4\"")]
    [TestCase("\"\\u12")]
    [TestCase("\"\\uD800\"")]
    [TestCase("\"a\tb\"")]
    [TestCase("\"\u007f\"")]
    [TestCase("\uFEFF{}")]
    [TestCase("// comment\n{}")]
    [TestCase("[]]")]
    [TestCase("{}{}")]
    public void Text_is_judged_as_by_the_reader(string text) => AssertSame(Encoding.UTF8.GetBytes(text));

    [Test]
    public void Nesting_ends_at_the_readers_depth([Values(1, 63, 64, 65, 1000)] int levels)
    {
        AssertSame(Encoding.UTF8.GetBytes(JsonGenerator.Nested(levels)));
        AssertSame(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":[", levels)) + "1" + string.Concat(Enumerable.Repeat("]}", levels))));
        Assert.That(JsonSyntax.IsValue(Encoding.UTF8.GetBytes(JsonGenerator.Nested(levels))), Is.EqualTo(levels <= 64));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public FsCheck.Property Valid_JSON_and_its_beginnings_are_judged_as_by_the_reader() => ForAll(random =>
    {
        var json = Encoding.UTF8.GetBytes(JsonGenerator.Value(random, depth: 4));
        for (var length = 0; length <= json.Length; length++)
        {
            AssertSame(json[..length]);
        }
    });

    [FsCheck.NUnit.Property(MaxTest = 20_000)]
    public FsCheck.Property Damaged_JSON_is_judged_as_by_the_reader() => ForAll(random =>
    {
        const string Alphabet = "{}[]\",:\\/u0123eE+-. \n\ttrufalsn\u0001";
        var json = new List<byte>(Encoding.UTF8.GetBytes(JsonGenerator.Value(random, depth: 3)));
        for (var damages = random.Next(1, 4); damages > 0; damages--)
        {
            var at = random.Next(json.Count + 1);
            if (at < json.Count && random.Next(2) == 0)
            {
                json.RemoveAt(at);
            }
            else
            {
                json.Insert(at, random.Next(8) == 0 ? (byte)random.Next(256) : (byte)Alphabet[random.Next(Alphabet.Length)]);
            }
        }

        AssertSame([.. json]);
    });

    static void AssertSame(byte[] json)
    {
        var start = JsonTokens.SkipSpace(json, 0);
        Assert.That(JsonSyntax.EndOfValue(json, start), Is.EqualTo(EndByReader(json)), Encoding.UTF8.GetString(json));
        Assert.That(JsonSyntax.IsValue(json), Is.EqualTo(IsDocument(json)), Encoding.UTF8.GetString(json));
    }

    static int EndByReader(byte[] json)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            reader.Read();
            reader.Skip();
            return (int)reader.BytesConsumed;
        }
        catch (JsonException)
        {
            return JsonSyntax.None;
        }
    }

    static bool IsDocument(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    static FsCheck.Property ForAll(Action<Random> check) => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        check(new Random(seed));
    });
}
