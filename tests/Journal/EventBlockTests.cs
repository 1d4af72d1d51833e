using System.Runtime.InteropServices;
using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Json;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Events.Slabs;
using FsCheck.Fluent;

namespace CartRecovery.Tests.Journal;

/// <summary>A block of events round-trips, and damage is detected.</summary>
public sealed class EventBlockTests
{
    [FsCheck.NUnit.Property(MaxTest = 150)]
    public FsCheck.Property Slabs_round_trip() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var (writer, reader) = (new EventBlockWriter(SlabGenerator.Stores), new EventBlockReader(SlabGenerator.Stores));

            // Reused, so that data of an earlier block would show in a later one.
            for (var block = 0; block < 3; block++)
            {
                var slabs = SlabGenerator.Make(random, random.Next(6));
                Same(Read(reader, Write(writer, slabs)), slabs);
                Assert.That(writer.Count, Is.EqualTo(slabs.Sum(s => s.Count)));
                Assert.That(reader.Header.OwnCount, Is.EqualTo(slabs.Sum(s => s.Records.Take(s.Count).Count(e => (e.Flags & (EventFlags.ChangesNoCart | EventFlags.Foreign)) == 0))));
                Assert.That((reader.Header.Count, reader.Header.RawLength), Is.EqualTo((writer.Count, writer.RawLength)));
                Assert.That((reader.Header.FirstReceivedAt, reader.Header.LastReceivedAt), Is.EqualTo(
                    slabs.Length == 0 ? (0, 0) : (slabs.Min(s => s.ReceivedAt), slabs.Max(s => s.ReceivedAt))));
            }

            return true;
        });

    [Test]
    public void A_decoded_event_round_trips_with_its_keys_and_texts()
    {
        var slab = EventReading.Slab(
            new TestEvent("purchase", EventReading.Now - 5)
            {
                Id = "e1",
                Cart = "🛒",
                User = "u1",
                Session = "s1",
                Product = "p1",
                Price = 19.99m,
                Quantity = 3,
                Currency = "EUR",
                Device = "mobile",
            },
            new TestEvent("page_view", EventReading.Now) { Id = "e2" });
        var read = Read(new EventBlockReader(SlabGenerator.Stores), Write(new EventBlockWriter(SlabGenerator.Stores), slab));

        Same(read, slab);
        Assert.That(read[0].Records[0].Cart, Is.EqualTo(EventReading.KeyOf("🛒")));
        Assert.That(Encoding.UTF8.GetString(read[0].MetaOf(read[0].Records[0])), Is.EqualTo("""{"device":"mobile"}"""));
    }

    [Test]
    public void Events_of_several_sources_keep_theirs()
    {
        var page = new TestEvent("page_view", EventReading.Now);
        var slab = EventReading.Slab(page with { Id = "e1" }, page with { Id = "e2" }, page with { Id = "e3" });
        (var count, slab.Count) = (slab.Count, 1);
        slab.EndRun(new RecordingSource { ConnectionId = 7 }, upTo: 1);
        slab.Count = count;
        slab.EndRun(new RecordingSource { ConnectionId = 8 }, upTo: 2);
        var read = Read(new EventBlockReader(SlabGenerator.Stores), Write(new EventBlockWriter(SlabGenerator.Stores), slab));

        Assert.That(read.Select(one => (one.Count, SourceOf(one))), Is.EqualTo(new[] { (1, 7L), (2, 8L) }));
    }

    [Test]
    public void Duplicates_are_omitted()
    {
        var page = new TestEvent("page_view", EventReading.Now);
        var slab = EventReading.Slab(page with { Id = "e1" }, page with { Id = "e2", Device = "mobile" }, page with { Id = "e3" });
        var all = EventReading.Slab(page with { Id = "e4" });
        slab.Records[1].Flags |= EventFlags.Duplicate;
        all.Records[0].Flags |= EventFlags.Duplicate;

        Same(Read(new EventBlockReader(SlabGenerator.Stores), Write(new EventBlockWriter(SlabGenerator.Stores), all, slab)),
            EventReading.Slab(page with { Id = "e1" }, page with { Id = "e3" }));
    }

    [Test]
    public void A_meta_of_one_megabyte_round_trips()
    {
        var decoder = new JsonEventDecoder(EventReading.Rules(maxEvent: 1 << 20));
        var meta = $"{{\"text\":\"{new string('x', 1_000_000)}\"}}";
        var json = $$"""{"id":"e1","type":"page_view","cartId":"c1","ts":{{EventReading.Now}},"meta":{{meta}}}""";
        Assert.That(decoder.Read(json).IsError, Is.False);
        var slab = new EventSlab();
        decoder.AppendTo(slab, json);

        var block = Write(new EventBlockWriter(SlabGenerator.Stores), slab);
        Assert.That(block, Has.Length.LessThan(10_000));
        Same(Read(new EventBlockReader(SlabGenerator.Stores), block), slab);
    }

    [Test]
    public void A_full_slab_whose_metas_grew_when_they_were_encrypted_round_trips()
    {
        var decoder = new JsonEventDecoder(EventReading.Rules());
        var json = $$$"""{"id":"e1","type":"page_view","cartId":"c1","ts":{{{EventReading.Now}}},"meta":{"text":"{{{new string('x', 110)}}}"}}""";
        var slab = new EventSlab();
        while (decoder.Read(json) is { IsError: false } && slab.HasRoom(decoder.Record.TextLength))
        {
            decoder.AppendTo(slab, json);
        }

        foreach (ref var record in slab.Records.AsSpan(0, slab.Count))
        {
            slab.ReplaceMeta(ref record, record.MetaLength + 40).Fill((byte)'e');
        }

        Assert.That(slab.Records.Take(slab.Count).Sum(record => record.TextLength), Is.GreaterThan(EventSlab.TextCapacity));
        var read = Read(new EventBlockReader(SlabGenerator.Stores), Write(new EventBlockWriter(SlabGenerator.Stores), slab)).Single();
        Assert.That(Texts(read), Is.EqualTo(Texts(slab)));

        static string[] Texts(EventSlab slab) => [.. slab.Records.Take(slab.Count).Select(record => Encoding.UTF8.GetString(slab.TextOf(record)))];
    }

    [Test]
    public void A_store_is_identified_by_id_when_its_index_changes()
    {
        var slab = EventReading.Slab(new TestEvent("page_view", EventReading.Now));
        var block = Write(new EventBlockWriter(SlabGenerator.StoresOf("demo", "other")), slab);

        var moved = Read(new EventBlockReader(SlabGenerator.StoresOf("first", "other", "demo")), block).Single();
        Assert.That((moved.Records[0].Store, moved.Records[0].Cart), Is.EqualTo((2, slab.Records[0].Cart)));

        var gone = Assert.Throws<JournalException>(() => Read(new EventBlockReader(SlabGenerator.StoresOf("first", "other")), block));
        Assert.That(gone!.Code, Is.EqualTo("journal_store"));
        Assert.That(gone.Message, Does.Contain("'demo'"));
    }

    [Test]
    public void A_later_version_is_rejected_with_a_message()
    {
        var block = Write(new EventBlockWriter(SlabGenerator.Stores), EventReading.Slab(new TestEvent("page_view", EventReading.Now)));
        block[0]++;
        Assert.That(Assert.Throws<JournalException>(() => Read(new EventBlockReader(SlabGenerator.Stores), block))!.Code, Is.EqualTo("journal_version"));
    }

    [Test]
    public void The_size_of_a_block_is_bounded()
    {
        var writer = new EventBlockWriter(SlabGenerator.Stores);
        writer.Begin();
        var slab = new EventSlab();
        slab.Append(new EventRecord { MetaLength = 1 << 20 }, out _);
        Assert.That(() =>
        {
            while (true)
            {
                writer.Add(slab);
            }
        }, Throws.InvalidOperationException);
        Assert.That(writer.RawLength, Is.GreaterThan(6 << 20).And.LessThanOrEqualTo(EventBlockHeader.MaxRawLength));
        Assert.That(Read(new EventBlockReader(SlabGenerator.Stores), writer.Finish().ToArray()), Has.Count.EqualTo(writer.Count));
    }

    [Test]
    public void Without_compression_events_are_stored_verbatim()
    {
        var writer = new EventBlockWriter(SlabGenerator.Stores, compress: false);
        var slabs = SlabGenerator.Make(new Random(1), 20);
        var (block, reader) = (Write(writer, slabs), new EventBlockReader(SlabGenerator.Stores));
        Assert.That(block, Has.Length.EqualTo(EventBlockHeader.Size + writer.RawLength));
        Same(Read(reader, block), slabs);
        Assert.That(reader.Header.IsCompressed, Is.False);
    }

    [Test]
    public void Incompressible_blocks_are_stored_verbatim_and_tried_less_often()
    {
        var (writer, random) = (new EventBlockWriter(SlabGenerator.Stores), new Random(1));
        var (noise, words) = (Meta(() => (byte)random.Next(256)), Meta(() => (byte)'x'));
        for (var i = 0; i < 100; i++)
        {
            Assert.That(IsCompressed(noise), Is.False);
        }

        var untried = 0;
        while (!IsCompressed(words))
        {
            Assert.That(++untried, Is.LessThanOrEqualTo(32));
        }

        Assert.That(untried, Is.GreaterThan(1));
        for (var i = 0; i < 10; i++)
        {
            Assert.That(IsCompressed(words), Is.True);
        }

        bool IsCompressed(EventSlab slab)
        {
            var block = Write(writer, slab);
            Same(Read(new EventBlockReader(SlabGenerator.Stores), block), slab);
            return EventBlockHeader.Read(block).IsCompressed;
        }

        static EventSlab Meta(Func<byte> next)
        {
            var slab = EventReading.Slab(new TestEvent("page_view", EventReading.Now) { Device = new string('m', 8000) });
            foreach (ref var b in slab.Text.AsSpan(slab.TextLength - 8000, 7990))
            {
                b = next();
            }

            return slab;
        }
    }

    [FsCheck.NUnit.Property(MaxTest = 60)]
    public FsCheck.Property Damaged_blocks_are_read_or_rejected() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var reader = new EventBlockReader(SlabGenerator.Stores);
            var slabs = SlabGenerator.Make(random, 2);
            var block = Write(new EventBlockWriter(SlabGenerator.Stores), slabs);
            for (var i = 0; i < 20; i++)
            {
                ReadOrRefuse(Damage(random, block));
            }

            // Damages the events below LZ4, which detects much damage itself.
            var raw = Raw(block);
            for (var i = 0; i < 100; i++)
            {
                ReadOrRefuse(Damage(random, raw, random.Next(4) == 0 ? 0 : EventBlockHeader.Size));
            }

            var noise = new byte[random.Next(300)];
            random.NextBytes(noise);
            ReadOrRefuse(noise);
            if (noise.Length >= EventBlockHeader.Size)
            {
                new EventBlockHeader(random.Next(5), 0, noise.Length - EventBlockHeader.Size, long.MinValue, long.MaxValue, false).WriteTo(noise);
                ReadOrRefuse(noise);
            }

            // The reader is still usable.
            Same(Read(reader, block), slabs);
            return true;

            void ReadOrRefuse(byte[] bytes)
            {
                try
                {
                    Read(reader, bytes);
                }
                catch (JournalException e)
                {
                    Assert.That(e.Code, Is.AnyOf("journal_damaged", "journal_version", "journal_store"));
                }
            }
        });

    [Test]
    public void A_truncated_block_is_rejected([Range(0, 60, 4)] int length)
    {
        var block = Raw(Write(new EventBlockWriter(SlabGenerator.Stores), EventReading.Slab(new TestEvent("page_view", EventReading.Now))));
        Assert.That(block, Has.Length.GreaterThan(60 - 4));
        var cut = block[..Math.Min(length, block.Length - 1)];
        Assert.That(Assert.Throws<JournalException>(() => Read(new EventBlockReader(SlabGenerator.Stores), cut))!.Code, Is.EqualTo("journal_damaged"));
    }

    [Test]
    [Category("Allocation")]
    public void Writing_and_reading_allocate_nothing()
    {
        var slabs = SlabGenerator.Make(new Random(1), 20);
        var (writer, reader, target) =
            (new EventBlockWriter(SlabGenerator.Stores), new EventBlockReader(SlabGenerator.Stores), new EventSlab());
        Play();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++)
        {
            Play();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Play()
        {
            writer.Begin();
            foreach (var slab in slabs)
            {
                writer.Add(slab);
            }

            reader.Open(writer.Finish());
            target.Reset();
            while (reader.TryRead(target))
            {
                target.Reset();
            }
        }
    }

    static byte[] Write(EventBlockWriter writer, params EventSlab[] slabs)
    {
        writer.Begin();
        foreach (var slab in slabs)
        {
            writer.Add(slab);
        }

        return writer.Finish().ToArray();
    }

    // Uncompressed, so that damage reaches the events.
    static byte[] Raw(byte[] block)
    {
        var header = EventBlockHeader.Read(block);
        if (!header.IsCompressed)
        {
            return block;
        }

        var raw = new byte[EventBlockHeader.Size + header.RawLength];
        Lz4.Decompress(block.AsSpan(EventBlockHeader.Size), raw.AsSpan(EventBlockHeader.Size));
        (header with { IsCompressed = false }).WriteTo(raw);
        return raw;
    }

    static byte[] Damage(Random random, byte[] block, int from = 0)
    {
        var bytes = (byte[])block.Clone();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var at = random.Next(from, bytes.Length);
            bytes[at] = random.Next(3) switch { 0 => (byte)random.Next(256), 1 => 0xff, _ => (byte)(bytes[at] ^ (1 << random.Next(8))) };
        }

        return bytes;
    }

    static List<EventSlab> Read(EventBlockReader reader, byte[] block)
    {
        reader.Open(block);
        List<EventSlab> slabs = [];
        for (var slab = new EventSlab(); reader.TryRead(slab); slab = new EventSlab())
        {
            slabs.Add(slab);
        }

        return slabs;
    }

    static long SourceOf(EventSlab slab) => slab.Runs.Length > 0 ? slab.Runs[0].Source?.ConnectionId ?? 0 : 0;

    static void Same(List<EventSlab> read, params EventSlab[] written)
    {
        Assert.That(read, Has.Count.EqualTo(written.Length));
        for (var i = 0; i < written.Length; i++)
        {
            var (slab, original) = (read[i], written[i]);
            Assert.That((slab.ReceivedAt, slab.Count), Is.EqualTo((original.ReceivedAt, original.Count)));
            Assert.That(SourceOf(slab), Is.EqualTo(SourceOf(original)));
            Assert.That(MemoryMarshal.AsBytes(slab.Records.AsSpan(0, slab.Count)).SequenceEqual(MemoryMarshal.AsBytes(original.Records.AsSpan(0, slab.Count))), Is.True);
            Assert.That(slab.Text.AsSpan(0, slab.TextLength).SequenceEqual(original.Text.AsSpan(0, original.TextLength)), Is.True);
        }
    }
}
