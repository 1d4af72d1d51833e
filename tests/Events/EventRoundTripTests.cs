using System.Globalization;
using System.Text;
using System.Text.Json;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Primitives;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Events;

/// <summary>Any event is decoded correctly from any JSON representation.</summary>
public sealed class EventRoundTripTests
{
    // Those that need no field of their own: a whole cart needs items, a merged one another cart, and a consent what it grants.
    static readonly string[] s_types = [.. EventTypes.Names.Where(name => name is not ("cart_updated" or "cart_merged" or "consent"))];
    static readonly string[] s_devices = ["watch", "mobile", "tablet", "desktop"];
    static readonly string[] s_sources = ["pigeon", "direct", "organic", "paid", "email", "social", "referral"];

    [FsCheck.NUnit.Property(MaxTest = 1000)]
    public FsCheck.Property An_event_in_any_spelling_and_field_order_is_read() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var e = Any(random);
            var json = Spell(e, random);
            var decoder = new JsonEventDecoder(EventReading.AnyTime());
            var problem = decoder.Read(json);
            Assert.That(problem.IsError, Is.False, $"{problem.Code}: {problem.Message}\n{json}");
            Check(decoder, e, json);
            return true;
        });

    [Test]
    [Category("Allocation")]
    public void Decoding_allocates_nothing()
    {
        var random = new Random(1);
        var events = Enumerable.Range(0, 1000).Select(_ => Encoding.UTF8.GetBytes(Spell(Any(random), random))).ToArray();
        var decoder = new JsonEventDecoder(EventReading.AnyTime());
        var slab = new EventSlab();
        DecodeAll();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++)
        {
            DecodeAll();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void DecodeAll()
        {
            foreach (var json in events)
            {
                if (decoder.Read(json).IsError)
                {
                    throw new InvalidOperationException("An event was rejected.");
                }

                if (!slab.HasRoom(decoder.Record.TextLength))
                {
                    slab.Reset();
                }

                decoder.AppendTo(slab, json);
            }
        }
    }

    static void Check(JsonEventDecoder decoder, TestEvent e, string json)
    {
        var slab = new EventSlab();
        decoder.AppendTo(slab, json);
        ref readonly var r = ref slab.Records[0];
        Assert.That(EventTypes.NameOf(r.Type), Is.EqualTo(e.Type), json);
        Assert.That(r.Timestamp, Is.EqualTo(e.At), json);
        Assert.That(Encoding.UTF8.GetString(slab.IdOf(r)), Is.EqualTo(e.Id), json);
        Assert.That(Encoding.UTF8.GetString(slab.CartOf(r)), Is.EqualTo(e.Cart), json);
        Assert.That(Encoding.UTF8.GetString(slab.UserOf(r)), Is.EqualTo(e.User ?? ""), json);
        Assert.That(Encoding.UTF8.GetString(slab.SessionOf(r)), Is.EqualTo(e.Session ?? ""), json);
        Assert.That((r.Id, r.Cart), Is.EqualTo((EventReading.KeyOf(e.Id), EventReading.KeyOf(e.Cart))), json);
        Assert.That(r.Customer.IsNone, Is.EqualTo(e.User is null), json);
        Assert.That(r.Session, Is.EqualTo(e.Session is null ? 0 : EventReading.KeyOf(e.Session).Low), json);
        Assert.That(r.Product, Is.EqualTo(e.Product is null ? 0 : EventReading.KeyOf(e.Product).Low), json);
        Assert.That(r.Quantity, Is.EqualTo(e.Quantity ?? 1), json);
        Assert.That(r.Price, Is.EqualTo((long)((e.Price ?? 0) * Money.PerUnit)), json);
        Assert.That((r.Flags & EventFlags.HasPrice) != 0, Is.EqualTo(e.Price is not null), json);
        Assert.That(r.Currency, Is.EqualTo(e.Currency is null ? 0 : CurrencyCode.Parse(e.Currency)), json);
        Assert.That((int)r.Device, Is.EqualTo(e.Device is null ? 0 : Array.IndexOf(s_devices, e.Device)), json);
        Assert.That((int)r.Source, Is.EqualTo(e.Source is null ? 0 : Array.IndexOf(s_sources, e.Source)), json);
    }

    internal static TestEvent Any(Random random)
    {
        var e = AnyOf(random, s_types[random.Next(s_types.Length)]);
        // A purchase and a refund have an amount; an order's is at most a billion.
        return e.Type is "purchase" or "refund" or "order_cancelled"
            ? e with { Price = e.Price is { } price ? Math.Min(price, Math.Floor(1_000_000_000 / (decimal)(e.Quantity ?? 1))) : e.Type is "order_cancelled" ? null : 1 }
            : e;
    }

    static TestEvent AnyOf(Random random, string type) =>
        new(type, random.NextInt64(0, 4_000_000_000_000))
        {
            Id = Text(random),
            Cart = Text(random),
            User = Maybe(random, Text),
            Session = Maybe(random, Text),
            Product = Maybe(random, Text),
            Currency = Maybe(random, r => new string([.. Enumerable.Range(0, 3).Select(_ => (char)('A' + r.Next(26)))])),
            Device = Maybe(random, r => s_devices[r.Next(s_devices.Length)]),
            Source = Maybe(random, r => s_sources[r.Next(s_sources.Length)]),
            Price = random.Next(2) == 0 ? null : random.NextInt64(0, 10_000_000_000_001) / (decimal)Money.PerUnit,
            Quantity = random.Next(2) == 0 ? null : random.Next(1, CartRecovery.Primitives.Quantity.MaxUnits + 1),
        };

    static string? Maybe(Random random, Func<Random, string> value) => random.Next(2) == 0 ? null : value(random);

    // 1 to 64 bytes of any characters, with special ones more frequent than in practice.
    static string Text(Random random)
    {
        var text = new StringBuilder();
        for (var room = random.Next(1, EventSlab.MaxIdLength); room > 0;)
        {
            var rune = random.Next(6) switch
            {
                0 => new Rune(random.Next(0, 0x20)),
                1 => new Rune("\"\\/'<>&+"[random.Next(8)]),
                2 => new Rune(random.Next(0x80, 0x800)),
                3 => new Rune(random.Next(0xE000, 0x10000)),
                4 => new Rune(random.Next(0x10000, 0x110000)),
                _ => new Rune(random.Next(0x20, 0x7f)),
            };
            text.Append(text.Length == 0 && rune.Utf8SequenceLength > room ? new Rune('x') : rune);
            room -= rune.Utf8SequenceLength;
            if (room < 4 && random.Next(2) == 0)
            {
                break;
            }

            if (room is > 0 and < 4)
            {
                return text.Append('y', room).Append('~').ToString();
            }
        }

        // No placeholder ends so.
        return text.Append('~').ToString();
    }

    static string Spell(TestEvent e, Random random)
    {
        List<(string Name, string Value)> fields = [("id", Quote(e.Id)), ("type", Quote(e.Type)), ("cartId", Quote(e.Cart)), ("ts", Time(e.At))];
        foreach (var (name, value) in new[] { ("userId", e.User), ("sessionId", e.Session), ("productId", e.Product), ("currency", e.Currency) })
        {
            if (value is not null)
            {
                fields.Add((name, Quote(value)));
            }
        }

        if (e.Price is { } price)
        {
            fields.Add(("price", price.ToString(random.Next(2) == 0 ? "0.####" : "0.0000000", CultureInfo.InvariantCulture)));
        }

        if (e.Quantity is { } quantity)
        {
            fields.Add(("quantity", $"{quantity}{(random.Next(3) == 0 ? ".0" : "")}"));
        }

        List<(string, string)> meta = [("x", "[{\"device\":\"mobile\"}]")];
        if (e.Device is not null)
        {
            (random.Next(2) == 0 ? meta : fields).Add(("device", Quote(e.Device)));
        }

        if (e.Source is not null)
        {
            (random.Next(2) == 0 ? meta : fields).Add(("source", Quote(e.Source)));
        }

        if (meta.Count > 1)
        {
            fields.Add(("meta", Object(meta)));
        }

        if (random.Next(2) == 0)
        {
            fields.Add(("unknown", "{\"id\":[1,null,{\"ts\":7}]}"));
        }

        return Object(fields);

        string Object(List<(string Name, string Value)> members)
        {
            var shuffled = members.ToArray();
            random.Shuffle(shuffled);
            return $"{{{Space()}{string.Join(',', shuffled.Select(m => $"{Quote(m.Name)}{Space()}:{Space()}{m.Value}{Space()}"))}}}";
        }

        string Space() => random.Next(4) == 0 ? " \t\r\n"[..random.Next(5)] : "";

        string Time(long at) => random.Next(3) switch
        {
            0 => $"{at}",
            1 => $"{at}.0",
            _ => Quote(DateTimeOffset.FromUnixTimeMilliseconds(at).ToOffset(TimeSpan.FromMinutes(15 * random.Next(-48, 49)))
                .ToString(at % 1000 == 0 ? "yyyy-MM-dd'T'HH:mm:sszzz" : "yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture)),
        };

        // Each character literally where allowed, or in one of its escapes.
        string Quote(string text)
        {
            var escapes = random.Next(3);
            var json = new StringBuilder("\"");
            foreach (var c in text)
            {
                var must = c is < ' ' or '"' or '\\';
                if (!must && (escapes == 0 || (escapes == 1 && random.Next(4) != 0) || char.IsSurrogate(c)))
                {
                    json.Append(c);
                }
                else if ("\"\\/\b\f\n\r\t".IndexOf(c) is var i and >= 0 && random.Next(2) == 0)
                {
                    json.Append('\\').Append("\"\\/bfnrt"[i]);
                }
                else
                {
                    json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                }
            }

            var quoted = json.Append('"').ToString();
            using var document = JsonDocument.Parse(quoted);
            return document.RootElement.GetString() == text ? quoted : throw new InvalidOperationException($"Not an equivalent encoding: {quoted}");
        }
    }
}
