using System.Text;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Erasure;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Support;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Journal;

public sealed class BlockColumnsTests
{
    [FsCheck.NUnit.Property(MaxTest = 100)]
    public FsCheck.Property Columns_become_rows_and_the_same_columns_again() => Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
    {
        var (block, rows, columns, converter) = (Write(SlabGenerator.Make(new Random(seed), 4)), Array.Empty<byte>(), Array.Empty<byte>(), new BlockRows());
        var stored = block.AsSpan(EventBlockHeader.Size);
        var length = converter.Unpack(stored, ref rows);
        var again = converter.Pack(rows.AsSpan(0, length), ref columns);
        Assert.That(columns.AsSpan(0, again).SequenceEqual(stored));
        return true;
    });

    [Test]
    [TestCase(1, 0)]
    [TestCase(8, 7)]
    [TestCase(31, 0)]
    [TestCase(32, 1)]
    [TestCase(32, 31)]
    [TestCase(33, 32)]
    [TestCase(64, 0)]
    [TestCase(64, 63)]
    public void A_text_lacks_what_it_shares_with_the_one_before(int length, int shared)
    {
        Check(length, shared, "");
        Check(length, shared, new string('c', 64));
    }

    static void Check(int length, int shared, string following)
    {
        var before = Encoding.ASCII.GetBytes(new string('a', length));
        var text = Encoding.ASCII.GetBytes(new string('a', shared) + new string('b', length - shared) + following);
        var column = new TextColumn();
        column.Reserve(2 * length);
        Assert.That(column.Add(before, length), Is.Zero);
        Assert.That(column.Add(text, length), Is.EqualTo(shared));
        Assert.That(Encoding.ASCII.GetString(column.Bytes), Is.EqualTo(new string('a', length) + new string('b', length - shared)));
    }

    [Test]
    public void Equal_texts_are_stored_once()
    {
        var slab = EventReading.Slab(Enumerable.Range(0, 10).Select(i => new TestEvent("page_view", EventReading.Now + i) { Id = "e", Cart = "a-cart-with-a-name", User = i % 2 == 0 ? null : "anna" }));
        var block = Write([slab]);
        Assert.That(Count(block, "a-cart-with-a-name"), Is.EqualTo(1));
        Assert.That(Count(block, "anna"), Is.EqualTo(1), "events without a user between them");
    }

    [Test]
    public void Blocks_by_rows_are_read_and_erased_as_rows()
    {
        var slab = EventReading.Slab(Enumerable.Range(0, 20).Select(i => new TestEvent("page_view", EventReading.Now + i) { Cart = $"cart-{i % 3}", User = $"user-{i % 3}" }));
        var now = Write([slab]);
        var former = JournalBlocks.Former(now, version: 5);
        Assert.That(Users(former), Is.EqualTo(Users(now)));

        var person = new ErasedIds(0, Encoding.UTF8.GetBytes(SlabGenerator.StoreIds[0]), SlabGenerator.Stores.IdsOf(0), "user-1", []);
        var eraser = new EventBlockEraser();
        eraser.Find(former, [person]);
        Assert.That(eraser.TryErase(former, [person], out var erased), Is.True);
        Assert.That(EventBlockHeader.Read(erased).WrittenVersion, Is.EqualTo(5));
        Assert.That(erased.Length, Is.LessThanOrEqualTo(former.Length));
        Assert.That(Users(erased.ToArray()), Is.EqualTo(Users(now).Select(user => user == "user-1" ? "" : user)));
    }

    static int Count(byte[] block, string text) => Encoding.Latin1.GetString(block).Split(text).Length - 1;

    static List<string> Users(byte[] block)
    {
        var (reader, slab, users) = (new EventBlockReader(SlabGenerator.Stores), new EventSlab(), new List<string>());
        reader.Open(block);
        while (reader.TryRead(slab))
        {
            users.AddRange(slab.Records.Take(slab.Count).Select(e => Encoding.UTF8.GetString(slab.UserOf(e))));
            slab.Reset();
        }

        return users;
    }

    static byte[] Write(IEnumerable<EventSlab> slabs)
    {
        var writer = new EventBlockWriter(SlabGenerator.Stores, compress: false);
        writer.Begin();
        foreach (var slab in slabs)
        {
            writer.Add(slab);
        }

        return writer.Finish().ToArray();
    }
}
