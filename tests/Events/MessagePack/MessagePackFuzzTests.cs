using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.MessagePack;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Tests.Events.Json;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Events.MessagePack;

/// <summary>Compares the decoder with a slow reference on events in any encoding, on damaged events and on random bytes.</summary>
public sealed class MessagePackFuzzTests
{
    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public FsCheck.Property Any_encoding_and_field_order_gives_the_same_event_as_JSON() => ForAll(random =>
    {
        var e = EventRoundTripTests.Any(random);
        var json = Shuffled(e.ToString(), random);
        var message = Packer.Json(json, random);
        var asJson = new JsonEventDecoder(EventReading.AnyTime());
        Assert.That(asJson.Read(json).Code, Is.EqualTo("none"), json);
        var expected = new EventSlab();
        asJson.AppendTo(expected, json);

        Assert.That(Describe(message, EventReading.AnyTime(), out var slab), Is.EqualTo("none"), json);
        ref readonly var record = ref slab.Records[0];
        var (same, meta) = (expected.Records[0], slab.MetaOf(record).ToArray());
        same.MetaLength = record.MetaLength;
        Assert.That(record, Is.EqualTo(same), json);
        Assert.That(slab.TextOf(record)[..record.IdsLength].SequenceEqual(expected.TextOf(expected.Records[0])[..record.IdsLength]), Is.True, json);
        Assert.That(SaysTheSame(meta, expected.MetaOf(expected.Records[0]).ToArray()), Is.True, json);
    });

    [FsCheck.NUnit.Property(MaxTest = 300)]
    public FsCheck.Property Every_truncation_of_an_event_is_rejected() => ForAll(random =>
    {
        var message = Any(random);
        for (var length = 0; length < message.Length; length++)
        {
            var position = 0;
            var problem = new MessagePackEventDecoder(new EventBuilder(EventReading.Rules())).Decode(message.AsSpan(0, length), ref position, EventReading.Now);
            Assert.That(problem.Code, Is.EqualTo("invalid_messagepack"), $"{length} bytes of {Convert.ToHexString(message)}");
        }
    });

    [FsCheck.NUnit.Property(MaxTest = 20_000)]
    public FsCheck.Property A_damaged_event_is_decoded_like_the_reference_decoder() => ForAll(random =>
    {
        var message = Any(random).ToList();
        for (var damages = random.Next(1, 4); damages > 0 && message.Count > 0; damages--)
        {
            var at = random.Next(message.Count);
            switch (random.Next(4))
            {
                case 0:
                    message[at] = (byte)random.Next(256);
                    break;
                case 1:
                    message[at] = Head(random);
                    break;
                case 2:
                    message.RemoveRange(at, Math.Min(random.Next(1, 5), message.Count - at));
                    break;
                default:
                    message.InsertRange(at, Noise(random, 4));
                    break;
            }
        }

        Compare([.. message]);
    });

    // {"device": binary, "meta": {"device": "mobile"}, ...}: the event's own field takes precedence over meta in either format.
    [TestCase("86A26964A26531A474797065A870757263686173A26361A0A66361727449"
        + "64A26331A27473CF0000019344A2C000A6646576696365C506006D6F62696C65A46D65746181A6646576696365A66D6F62696C65")]
    [TestCase("89DA0006646576696365C500067461626C6574DA00046D657461DF00000002DA0006646576696365D9066D6F62696C65DB00000006736F75726365D30000000066DAE2A6"
        + "DA000773746F72654964DB0000000464656D6FD90474797065D9087075726368617365DA0006757365724964C0A6636172744964D906C3BCF09F9B92DB000000027473C80008"
        + "FF01312D00673DAE70DA00026964DB000000026531D9047768656EC90000000CFF00000001FFFFFFFCAC2F374F")]
    public void A_binary_device_counts_like_its_text_in_JSON(string hex) => Compare(Convert.FromHexString(hex));

    [FsCheck.NUnit.Property(MaxTest = 20_000)]
    public FsCheck.Property Random_bytes_are_decoded_like_the_reference_decoder() => ForAll(random => Compare([(byte)(0x80 + random.Next(16)), .. Noise(random, 60)]));

    static void Compare(byte[] message)
    {
        var (code, json) = PlainEvent.Read(message, EventReading.Rules());
        var actual = Describe(message, EventReading.Rules(), out var slab);
        Assert.That(actual, Is.EqualTo(code), Convert.ToHexString(message));
        if (code == "none")
        {
            var decoder = new JsonEventDecoder(EventReading.Rules());
            Assert.That(decoder.Read(json).IsError, Is.False);
            var expected = new EventSlab();
            decoder.AppendTo(expected, json);
            Assert.That(PlainEvent.Describe(slab), Is.EqualTo(PlainEvent.Describe(expected)), Convert.ToHexString(message));
        }
    }

    // The result of a message of one event, by its code.
    static string Describe(byte[] message, EventRules rules, out EventSlab slab)
    {
        var builder = new EventBuilder(rules);
        var position = 0;
        var problem = new MessagePackEventDecoder(builder).Decode(message, ref position, EventReading.Now);
        slab = new EventSlab();
        if (problem.Error != EventErrorCode.InvalidMessagePack && position != message.Length)
        {
            return "invalid_messagepack";
        }

        if (!problem.IsError)
        {
            builder.AppendTo(slab, message);
        }

        return problem.Code;
    }

    // A random event with every MessagePack type.
    static byte[] Any(Random random)
    {
        var packer = new Packer(random);
        List<Action> fields =
        [
            () => packer.Text("id").Text("e1"), () => packer.Text("type").Text("purchase"), () => packer.Text("cartId").Text("ü🛒"),
            () => packer.Text("ts").Timestamp(EventReading.Now / 1000, (uint)random.Next(2) * 5_000_000), () => packer.Text("price").Number(random.Next(100) / 4.0),
            () => packer.Text("quantity").Number(random.Next(1, 300)), () => packer.Text("currency").Text("EUR"), () => packer.Text("userId").Nil(),
            () => packer.Text("storeId").Text("demo"), () => packer.Text("device").Text("tablet"), () => packer.Text("source").Value(Parse(JsonGenerator.Value(random, 2))),
            () => packer.Text("bin").Binary([1, 2, 3]), () => packer.Text("when").Timestamp(random.NextInt64(-1L << 36, 1L << 36), 1),
            () => packer.Text("tree").Value(Parse(JsonGenerator.Value(random, 3))),
            () => packer.Text("meta").Value(Parse($"{{{JsonGenerator.Members(random)}}}")),
            () => packer.Text("meta").Map(2).Text("device").Text("mobile").Text("source").Integer(random.Next()),
        ];
        Action[] chosen = [.. fields.Take(4), .. fields.Skip(4).Where(_ => random.Next(3) == 0)];
        random.Shuffle(chosen);
        packer.Map(chosen.Length);
        foreach (var field in chosen)
        {
            field();
        }

        return packer.Bytes;
    }

    // Without numbers that are infinite in MessagePack, which have no JSON.
    static string Shuffled(string json, Random random)
    {
        var members = Parse(json).EnumerateObject().Select(member => $"\"{member.Name}\":{member.Value.GetRawText()}")
            .Append($"\"more\":{JsonGenerator.Value(random, 3).Replace("1e400", "1e40", StringComparison.Ordinal)}").ToArray();
        random.Shuffle(members);
        return $"{{{string.Join(',', members)}}}";
    }

    // Bytes that are meaningful more often than random ones.
    static byte[] Noise(Random random, int most)
    {
        var noise = new List<byte>();
        for (var parts = random.Next(1, most); parts > 0; parts--)
        {
            noise.AddRange(random.Next(4) switch
            {
                0 => new Packer(random).Text(new[] { "id", "type", "cartId", "ts", "price", "quantity", "meta", "device", "x", "c1", "page_view" }[random.Next(11)]).Bytes,
                1 => [Head(random)],
                2 => [(byte)random.Next(256)],
                _ => new Packer(random).Integer(random.NextInt64() >> random.Next(64)).Bytes,
            });
        }

        return [.. noise];
    }

    static byte Head(Random random) => random.Next(3) == 0 ? (byte)random.Next(0x80, 0xa4) : (byte)random.Next(0xc0, 0xe0);

    static bool SaysTheSame(byte[] meta, byte[] other) => meta.Length == 0 || other.Length == 0
        ? meta.Length == other.Length
        : JsonElement.DeepEquals(Parse(Normal(meta)), Parse(Normal(other)));

    // Doubles, since MessagePack encodes fractions as doubles.
    static string Normal(byte[] json) => PlainMessagePack.Json(PlainMessagePack.Read(new Packer().Value(Parse(Encoding.UTF8.GetString(json))).Bytes));

    static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    static FsCheck.Property ForAll(Action<Random> check) => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        check(new Random(seed));
        return true;
    });
}
