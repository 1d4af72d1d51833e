using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Shoppers;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Json;
using CartRecovery.Tests.Events.Slabs;

namespace CartRecovery.Tests.Journal;

/// <summary>Random slabs of several stores and connections, as the decoder and router produce them.</summary>
static class SlabGenerator
{
    public static readonly string[] StoreIds = ["demo", "магазин", "a-store-with-a-name-of-sixty-four-bytes-which-is-the-longest-one"];

    public static JournalStores Stores { get; } = StoresOf(StoreIds);

    public static JournalStores StoresOf(params string[] ids) => new(ids.Select(Encoding.UTF8.GetBytes));

    public static EventSlab[] Make(Random random, int slabs)
    {
        var result = new EventSlab[slabs];
        for (var i = 0; i < slabs; i++)
        {
            var slab = result[i] = new EventSlab
            {
                ReceivedAt = random.Next(8) == 0 ? random.NextInt64() : EventReading.Now + random.Next(-5, 1000),
            };
            var store = (ushort)random.Next(StoreIds.Length);
            for (var count = random.Next(4) == 0 ? EventSlab.Capacity : random.Next(1, 20); count > 0; count--)
            {
                Add(random, slab, random.Next(50) == 0 ? (ushort)random.Next(StoreIds.Length) : store);
            }

            slab.EndRun(new RecordingSource { ConnectionId = random.Next(3) * random.NextInt64() }, upTo: 0);
        }

        return result;
    }

    static void Add(Random random, EventSlab slab, ushort store)
    {
        byte[][] ids = [Text(random, 1), Text(random, 1), Text(random, 0), Text(random, 0), Text(random, 0)];
        var meta = random.Next(3) == 0 ? Encoding.UTF8.GetBytes($"{{{JsonGenerator.Members(random)}}}") : [];
        var record = new EventRecord
        {
            Type = (EventType)random.Next(1, EventTypes.Count),
            Store = store,
            Timestamp = random.Next(20) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : slab.ReceivedAt - random.Next(-1000, 100_000),
            Watermark = random.Next(5) == 0 ? random.NextInt64() : slab.ReceivedAt,
            Price = random.Next(2) == 0 ? 0 : random.NextInt64(0, Money.MaxPrice * Money.PerUnit + 1),
            Thousandths = random.Next(3) switch { 0 => 1000 * random.Next(1, Quantity.MaxUnits + 1), 1 => random.Next(1, 1000 * Quantity.MaxUnits + 1), _ => 1000 },
            Currency = random.Next(3) == 0 ? CurrencyCode.Parse("EUR") : 0,
            Flags = (EventFlags)(random.Next(256) & ~(int)EventFlags.Duplicate),
            CartSecret = random.Next(3) == 0 ? (ulong)random.NextInt64() : 0,
            Device = (DeviceKind)random.Next(4),
            Source = (TrafficSource)random.Next(7),
            CategoryViews = random.Next(3) == 0 ? (Half)(random.NextDouble() * 1000) : default,
            CategoryAdds = random.Next(5) == 0 ? (Half)(random.NextDouble() * 10) : default,
            MetaLength = meta.Length,
        };
        Stores.IdsOf(store).Set(ref record, ids[0], ids[1], ids[2], ids[3], ids[4]);
        if (slab.HasRoom(record.TextLength))
        {
            slab.Append(record, out var target);
            ((byte[])[.. ids.SelectMany(id => id), .. meta]).CopyTo(target);
        }
    }

    static byte[] Text(Random random, int least)
    {
        var text = new byte[random.Next(3) == 0 ? least : random.Next(least, EventSlab.MaxIdLength + 1)];
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = (byte)random.Next('0', '9');
        }

        return text;
    }
}
