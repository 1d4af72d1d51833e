using System.Runtime.InteropServices;
using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Journal.Erasure;
using CartRecovery.Tests.Events;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Journal.Erasure;

/// <summary>A person is erased from a block of events, which gets no longer, and the others' events stay as they were.</summary>
public sealed class EventBlockEraserTests
{
    [FsCheck.NUnit.Property(MaxTest = 200)]
    public FsCheck.Property Anybody_is_erased_from_any_block_and_the_others_stay() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var slabs = SlabGenerator.Make(random, random.Next(1, 5));
            Erase(slabs, PersonIn(slabs, random), isCompressed: random.Next(2) == 0);
            return true;
        });

    // What LZ4 compresses: ids that share most of their text, so that the person's texts are what others are encoded by.
    [FsCheck.NUnit.Property(MaxTest = 200)]
    public FsCheck.Property A_block_of_similar_events_gets_no_longer() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var slab = EventReading.Slab(Enumerable.Range(0, random.Next(2, 200)).Select(i => Similar(random, i)));
            Assert.That(Erase([slab], PersonIn([slab], random), isCompressed: true), Is.Not.Zero);
            return true;
        });

    [Test]
    public void A_persons_carts_are_found_by_their_events_and_lose_the_events_that_name_nobody()
    {
        var page = new TestEvent("page_view", EventReading.Now);
        var slab = EventReading.Slab(
            page with { Cart = "hers", Session = "s1" }, page with { Cart = "hers", User = "anna" }, page with { Cart = "hers", User = "bob", Session = "s2" },
            page with { Cart = "other" });
        var block = Write([slab], isCompressed: true);
        var (person, eraser) = (Person(0, "anna"), new EventBlockEraser());
        eraser.Find(block, [person]);
        Assert.That(person.Carts, Is.EquivalentTo(new[] { EventReading.KeyOf("hers") }));
        Assert.That(eraser.TryErase(block, [person], out var erased), Is.True);
        var read = Read(erased);
        Assert.That(Enumerable.Range(0, 4).Select(i => (read[0].Records[i].Flags & EventFlags.Foreign) != 0), Is.EqualTo(new[] { true, true, false, false }));
        Assert.That(Encoding.UTF8.GetString(read[0].UserOf(read[0].Records[2])), Is.EqualTo("bob"));
    }

    [Test]
    public void A_rejected_claim_is_erased_and_the_cart_stays_the_strangers()
    {
        var page = new TestEvent("page_view", EventReading.Now);
        var slab = EventReading.Slab(page with { Cart = "strangers", Session = "s1" }, page with { Cart = "strangers", User = "anna", Session = "s2" });
        slab.Records[1].Flags |= EventFlags.Foreign;
        var block = Write([slab], isCompressed: false);
        var (person, eraser) = (Person(0, "anna"), new EventBlockEraser());
        eraser.Find(block, [person]);
        Assert.That(person.Carts, Is.Empty);
        Assert.That(eraser.TryErase(block, [person], out var erased), Is.True);
        Same(Read(erased), [slab], person);
    }

    [Test]
    public void An_erased_block_has_nothing_more_of_the_person()
    {
        var slab = EventReading.Slab(new TestEvent("identify", EventReading.Now) { Cart = "c1", User = "anna", Session = "s1", CartSecret = "a secret of a cart" });
        var block = Write([slab], isCompressed: false);
        var eraser = new EventBlockEraser();
        Assert.That(eraser.TryErase(block, [Person(0, "anna", "c1")], out var erased), Is.True);
        var once = erased.ToArray();
        Assert.That(eraser.TryErase(once, [Person(0, "anna", "c1")], out _), Is.False);
        Assert.That(eraser.TryErase(block, [Person(1, "anna", "c1")], out _), Is.False, "another store's anna");
        Assert.That(Encoding.UTF8.GetString(once), Does.Not.Contain("anna").And.Not.Contain("c1").And.Not.Contain("s1"));
    }

    [Test]
    public void A_block_compressed_by_Brotli_is_read_and_erased_again()
    {
        var slab = EventReading.Slab(Enumerable.Range(0, 50).Select(i => new TestEvent("page_view", EventReading.Now + i) { Cart = $"c{i}", User = $"user-{i}", Product = "p" }));
        var block = Write([slab], isCompressed: true);
        var header = EventBlockHeader.Read(block);
        var raw = new byte[header.RawLength];
        header.Decompress(block.AsSpan(EventBlockHeader.Size), raw);
        var brotli = new byte[block.Length];
        Assert.That(System.IO.Compression.BrotliEncoder.TryCompress(raw, brotli.AsSpan(EventBlockHeader.Size), out var length, 9, 22), Is.True, "it takes less than LZ4");
        (header with { IsBrotli = true }).WriteTo(brotli);
        brotli = brotli[..(EventBlockHeader.Size + length)];

        // An erased event may take more than the one it was: the room is that of the block before it was rewritten.
        Same(Read(brotli), [slab], person: null);
        Assert.That(new EventBlockEraser().TryErase(brotli, [Person(0, "user-7", "c7")], out var erased, block.Length - brotli.Length), Is.True);
        Assert.That(erased.Length, Is.LessThanOrEqualTo(block.Length));
        Same(Read(erased), [slab], Person(0, "user-7", "c7"));
    }

    [Test]
    public void People_erased_together_leave_the_block_that_is_left_by_one_after_the_other()
    {
        var slab = EventReading.Slab(Enumerable.Range(0, 200).Select(i => new TestEvent("page_view", EventReading.Now + i) { Cart = $"cart-{i % 9}", User = i % 3 == 0 ? null : $"user-{i % 9}", Product = "p" }));
        var block = Write([slab], isCompressed: true);
        ErasedIds[] People() => [Person(0, "user-1"), Person(0, "user-5"), Person(1, "user-2"), Person(0, "nobody")];
        var (together, eraser) = (People(), new EventBlockEraser());
        eraser.Find(block, together);
        Assert.That(together.Select(person => person.Carts.Count), Is.EqualTo(new[] { 1, 1, 0, 0 }));
        Assert.That(eraser.TryErase(block, together, out var once), Is.True);
        Assert.That(once.Length, Is.LessThanOrEqualTo(block.Length));

        var (after, padding) = (block, 0);
        foreach (var person in People())
        {
            eraser.Find(after, [person]);
            if (eraser.TryErase(after, [person], out var erased, padding))
            {
                padding += after.Length - erased.Length;
                after = erased.ToArray();
            }
        }

        eraser.TryErase(block, together, out once);
        var (read, expected) = (Read(once).Single(), Read(after).Single());
        Assert.That(read.Records.Take(read.Count).Select(e => (e.Flags, e.Timestamp, Encoding.UTF8.GetString(read.TextOf(e)))),
            Is.EqualTo(expected.Records.Take(expected.Count).Select(e => (e.Flags, e.Timestamp, Encoding.UTF8.GetString(expected.TextOf(e))))));
        Assert.That(EventBlockHeader.Read(once).OwnCount, Is.EqualTo(EventBlockHeader.Read(after).OwnCount));
        Assert.That(read.Records.Take(read.Count).Count(e => (e.Flags & EventFlags.Foreign) != 0), Is.GreaterThan(40));
    }

    // Returns the number of events that were theirs.
    static int Erase(EventSlab[] slabs, ErasedIds person, bool isCompressed)
    {
        var (block, eraser) = (Write(slabs, isCompressed), new EventBlockEraser());
        eraser.Find(block, [person]);
        var theirs = slabs.Sum(slab => Enumerable.Range(0, slab.Count).Count(i => IsTheirs(slab, i, person)));
        var isErased = eraser.TryErase(block, [person], out var erased);
        Assert.That(isErased, Is.EqualTo(theirs > 0));
        if (isErased)
        {
            Assert.That(erased.Length, Is.LessThanOrEqualTo(block.Length));
            Same(Read(erased), slabs, person);
        }

        return theirs;
    }

    static void Same(List<EventSlab> read, EventSlab[] written, ErasedIds? person)
    {
        var expected = written.Where(slab => slab.Count > 0).ToArray();
        Assert.That(read.Select(slab => (slab.Count, slab.ReceivedAt)), Is.EqualTo(expected.Select(slab => (slab.Count, slab.ReceivedAt))));
        foreach (var (slab, was) in read.Zip(expected))
        {
            for (var i = 0; i < slab.Count; i++)
            {
                ref readonly var e = ref slab.Records[i];
                if (person is null || !IsTheirs(was, i, person))
                {
                    Assert.That(Bytes(e).SequenceEqual(Bytes(was.Records[i])) && slab.TextOf(e).SequenceEqual(was.TextOf(was.Records[i])), $"event {i}");
                    continue;
                }

                Assert.That((e.Flags & EventFlags.Foreign, e.Type, e.Timestamp, e.Price), Is.EqualTo((EventFlags.Foreign, was.Records[i].Type, was.Records[i].Timestamp, was.Records[i].Price)));
                Assert.That(slab.TextOf(e).SequenceEqual(was.ProductOf(was.Records[i])), "nothing but the product");
                Assert.That((e.CartSecret, e.Details), Is.EqualTo((0UL, (EventDetails)0)));
            }
        }
    }

    static byte[] Bytes(EventRecord record)
    {
        record.TextOffset = 0;
        return MemoryMarshal.AsBytes(new ReadOnlySpan<EventRecord>(in record)).ToArray();
    }

    static bool IsTheirs(EventSlab slab, int index, ErasedIds person)
    {
        ref readonly var e = ref slab.Records[index];
        return e.Store == person.Store && (e.UserLength > 0 ? slab.UserOf(e).SequenceEqual(person.User.Span) : person.Carts.Contains(e.Cart));
    }

    static ErasedIds PersonIn(EventSlab[] slabs, Random random)
    {
        var slab = slabs[random.Next(slabs.Length)];
        if (slab.Count == 0)
        {
            return Person(0, "nobody");
        }

        ref readonly var e = ref slab.Records[random.Next(slab.Count)];
        var user = Encoding.UTF8.GetString(slab.UserOf(e));
        return Person(e.Store, user.Length > 0 ? user : "nobody", user.Length == 0 || random.Next(2) == 0 ? [Encoding.UTF8.GetString(slab.CartOf(e))] : []);
    }

    static ErasedIds Person(int store, string user, params string[] carts) =>
        new(store, Encoding.UTF8.GetBytes(SlabGenerator.StoreIds[store]), SlabGenerator.Stores.IdsOf(store), user, carts);

    static TestEvent Similar(Random random, int number)
    {
        var customer = random.Next(20);
        return new TestEvent(random.Next(3) == 0 ? "add_to_cart" : "page_view", EventReading.Now + number)
        {
            Id = $"event-0000{number:d6}",
            Cart = $"cart-of-a-shopper-{customer:d6}",
            User = random.Next(3) == 0 ? null : $"customer-of-the-shop-{customer:d6}",
            Session = $"session-{customer:d6}-{random.Next(3)}",
            Product = $"product-{random.Next(50)}",
            Device = random.Next(2) == 0 ? "mobile" : null,
        };
    }

    static byte[] Write(EventSlab[] slabs, bool isCompressed)
    {
        var writer = new EventBlockWriter(SlabGenerator.Stores, isCompressed);
        writer.Begin();
        foreach (var slab in slabs)
        {
            writer.Add(slab);
        }

        return writer.Finish().ToArray();
    }

    static List<EventSlab> Read(ReadOnlySpan<byte> block)
    {
        var (reader, slabs) = (new EventBlockReader(SlabGenerator.Stores), new List<EventSlab>());
        reader.Open(block);
        for (var slab = new EventSlab(); reader.TryRead(slab); slab = new EventSlab())
        {
            slabs.Add(slab);
        }

        return slabs;
    }
}
