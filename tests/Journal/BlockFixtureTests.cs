using System.Runtime.InteropServices;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Primitives;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Journal;

/// <summary>Blocks compressed by earlier versions with liblz4 (1.9.4, acceleration 4) stay readable.</summary>
public sealed class BlockFixtureTests
{
    static readonly string s_file = Path.Combine(Repository.Root, "tests", "Journal", "liblz4-block.bin");

    [Test]
    public void A_liblz4_block_is_readable()
    {
        var block = File.ReadAllBytes(s_file);
        var reader = new EventBlockReader(SlabGenerator.Stores);
        reader.Open(block);
        Assert.That((reader.Header.IsCompressed, reader.Header.RawLength), Is.EqualTo((true, 3315)));

        var (read, written) = (new EventSlab(), Slab());
        Assert.That(reader.TryRead(read), Is.True);
        Assert.That((read.ReceivedAt, read.Count), Is.EqualTo((written.ReceivedAt, written.Count)));
        Assert.That(MemoryMarshal.AsBytes(read.Records.AsSpan(0, read.Count))
            .SequenceEqual(MemoryMarshal.AsBytes(written.Records.AsSpan(0, written.Count))), Is.True);
        Assert.That(read.Text.AsSpan(0, read.TextLength).SequenceEqual(written.Text.AsSpan(0, written.TextLength)), Is.True);
        Assert.That(reader.TryRead(new EventSlab()), Is.False);
    }

    [Test]
    public void Columns_are_the_rows_of_earlier_versions()
    {
        var old = File.ReadAllBytes(s_file);
        var writer = new EventBlockWriter(SlabGenerator.Stores);
        writer.Begin();
        writer.Add(Slab());
        var today = writer.Finish().ToArray();
        Assert.That((old[0], today[0]), Is.EqualTo(((byte)1, EventBlockHeader.Version)));
        Assert.That(JournalBlocks.RowsOf(today), Is.EqualTo(PlainLz4.Decompress(old.AsSpan(EventBlockHeader.Size))));
        Assert.That(PlainLz4.Decompress(today.AsSpan(EventBlockHeader.Size)), Has.Length.EqualTo(writer.RawLength), "a standard LZ4 block");
    }

    // 48 events whose texts repeat at short and long distances and in runs.
    static EventSlab Slab() => EventReading.Slab(EventReading.AnyTime(verified: false), Enumerable.Range(0, 48).Select(i => new TestEvent(i % 5 == 0 ? "add_to_cart" : "view_item", EventReading.Now + (i * 1000))
    {
        Id = $"event-{i:D4}",
        Cart = $"cart-{i * 7919 % 11:D6}",
        User = i % 3 == 0 ? null : $"user-{i * 31 % 7:D4}",
        Session = new string('s', 1 + (i % 40)),
        Product = $"{i * 104_729 % 1_000_003}",
        Price = i % 2 == 0 ? 19.99m + i : null,
        Quantity = i % 4 == 0 ? 3 : null,
        Device = i % 6 == 0 ? "mobile" : null,
    }));
}
