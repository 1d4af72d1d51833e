using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Tests.Events.Json;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Events;

/// <summary>Unknown fields are kept as the event's meta, so no data is lost.</summary>
public sealed class MetaTests
{
    const string Required = "\"id\":\"e1\",\"type\":\"page_view\",\"cartId\":\"c1\",\"ts\":1732095600000";

    [TestCase("", "")]
    [TestCase(",\"meta\":{}", "")]
    [TestCase(",\"meta\":{ \n }", "")]
    [TestCase(",\"meta\":null,\"foo\":null,\"storeId\":\"demo\"", "")]
    [TestCase(",\"meta\":{\"a\":null}", "{\"a\":null}")]
    [TestCase(",\"foo\":1", "{\"foo\":1}")]
    [TestCase(",\"foo\" : [ 1.50 ] , \"bar\":\"x\"", "{\"foo\" : [ 1.50 ],\"bar\":\"x\"}")]
    [TestCase(",\"foo\":1,\"meta\":{\"device\":\"mobile\",\"x\":{\"y\":2}},\"bar\":true", "{\"device\":\"mobile\",\"x\":{\"y\":2},\"foo\":1,\"bar\":true}")]
    [TestCase(",\"meta\":{\"a\":1},\"meta\":{\"b\":2}", "{\"a\":1,\"b\":2}")]
    [TestCase(",\"device\":\"tablet\",\"source\":7", "{\"device\":\"tablet\",\"source\":7}")]
    [TestCase(",\"meta\":{\"a\":\r\n\t[1,\n2]}", "{\"a\":  \t[1, 2]}")]
    public void Meta_is_kept_verbatim_on_one_line(string fields, string meta) => Assert.That(MetaOf(fields), Is.EqualTo(meta));

    [TestCase(",\"device\":\"tablet\",\"meta\":{\"device\":\"mobile\",\"source\":\"email\"}", DeviceKind.Tablet, TrafficSource.Email)]
    [TestCase(",\"meta\":{\"device\":\"mobile\"},\"device\":\"tablet\",\"source\":\"paid\"", DeviceKind.Tablet, TrafficSource.Paid)]
    [TestCase(",\"meta\":{\"device\":\"mobile\"},\"device\":\"watch\"", DeviceKind.Unknown, TrafficSource.Unknown)]
    [TestCase(",\"device\":null,\"source\":[],\"meta\":{\"device\":\"mobile\",\"source\":\"paid\"}", DeviceKind.Mobile, TrafficSource.Paid)]
    public void Shopper_fields_of_the_event_take_precedence_over_meta(string fields, DeviceKind device, TrafficSource source)
    {
        var decoder = Read(fields);
        Assert.That((decoder.Record.Device, decoder.Record.Source), Is.EqualTo((device, source)));

        // Reading the kept form again gives the same result.
        decoder = Read($",\"meta\":{MetaOf(fields)}");
        Assert.That((decoder.Record.Device, decoder.Record.Source), Is.EqualTo((device, source)));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public FsCheck.Property Unknown_fields_round_trip_through_the_slab_as_equal_JSON() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var (members, fields) = (JsonGenerator.Members(random), Unknown(random));
            string[] parts = [Required, $"\"meta\"{JsonGenerator.Space(random)}:{JsonGenerator.Space(random)}{{{members}}}", .. fields];
            random.Shuffle(parts);
            var decoder = new JsonEventDecoder(EventReading.AnyTime());
            var json = $"{{{string.Join(JsonGenerator.Space(random) + ",", parts)}}}";
            var problem = decoder.Read(json);
            Assert.That(problem.IsError, Is.False, problem.Message);
            var slab = new EventSlab();
            decoder.AppendTo(slab, json);

            var meta = Encoding.UTF8.GetString(slab.MetaOf(slab.Records[0]));
            var sent = members.Length == 0 && fields.Length == 0 ? "" : $"{{{string.Join(',', new[] { members }.Concat(parts.Where(fields.Contains)).Where(m => m.Length > 0))}}}";
            Assert.That(meta.Length == 0 || !meta.AsSpan().ContainsAny("\r\n"), Is.True);
            Assert.That(meta.Length == 0 ? sent.Length == 0 : JsonElement.DeepEquals(Parse(meta), Parse(sent)), Is.True, $"{sent}\n{meta}");
            return true;
        });

    [Test]
    public void A_field_of_maximum_nesting_can_be_read_back()
    {
        var deepest = MetaOf($",\"x\":{JsonGenerator.Nested(62)}");
        Assert.That(MetaOf($",\"meta\":{deepest}"), Is.EqualTo(deepest));

        var problem = new JsonEventDecoder(EventReading.Rules()).Read($"{{{Required},\"x\":{JsonGenerator.Nested(63)}}}");
        Assert.That((problem.Code, problem.Message), Is.EqualTo(("invalid_event", "the event is nested too deeply")));
    }

    [Test]
    public void A_long_event_gets_its_own_slab_which_shrinks_again()
    {
        var decoder = new JsonEventDecoder(EventReading.Rules(maxEvent: 1 << 20));
        var text = new string('x', 1_000_000);
        var json = $"{{{Required},\"meta\":{{\"text\":\"{text}\"}}}}";
        Assert.That(decoder.Read(json).IsError, Is.False);
        var slab = new EventSlab();
        Assert.That(slab.HasRoom(decoder.Record.TextLength), Is.True);
        decoder.AppendTo(slab, json);
        Assert.That(Encoding.UTF8.GetString(slab.MetaOf(slab.Records[0])), Is.EqualTo($"{{\"text\":\"{text}\"}}"));
        Assert.That(slab.HasRoom(5), Is.False);

        slab.Reset();
        Assert.That(slab.Text, Has.Length.EqualTo(EventSlab.TextCapacity));
        Assert.That(decoder.Read($"{{{Required}}}").IsError, Is.False);
        decoder.AppendTo(slab, $"{{{Required}}}");
        Assert.That(slab.MetaOf(slab.Records[0]).IsEmpty, Is.True);
    }

    // Unknown fields of the event, without nulls, which count as absent.
    static string[] Unknown(Random random) =>
        [.. Enumerable.Range(0, random.Next(4)).Select(i => $"\"unknown{i}\"{JsonGenerator.Space(random)}:{JsonGenerator.Value(random, 3)}")
            .Where(field => !field.EndsWith(":null", StringComparison.Ordinal))];

    static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    static JsonEventDecoder Read(string fields)
    {
        var decoder = new JsonEventDecoder(EventReading.Rules());
        var problem = decoder.Read($"{{{Required}{fields}}}");
        Assert.That(problem.IsError, Is.False, problem.Message);
        return decoder;
    }

    static string MetaOf(string fields)
    {
        var slab = new EventSlab();
        Read(fields).AppendTo(slab, $"{{{Required}{fields}}}");
        return Encoding.UTF8.GetString(slab.MetaOf(slab.Records[0]));
    }
}
