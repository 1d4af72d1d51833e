using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Pipeline;

namespace CartRecovery.Tests.State;

public sealed class RecordIndexTests
{
    [Test]
    public void A_record_in_memory_is_found_at_its_address()
    {
        using var store = Open(64 << 20);
        var found = 0;
        const int Records = 10_000;
        for (var i = 0; i < Records; i++)
        {
            Add(store, i);
        }

        for (var i = 0; i < Records; i++)
        {
            var address = store.Index!.Find(Key(i));
            // The key follows FASTER's record header. Overflow buckets are not followed.
            found += address != 0 && Marshal.ReadInt64(address + 8) == (long)Key(i).Low && Marshal.ReadInt64(address + 16) == (long)Key(i).High ? 1 : 0;
        }

        Assert.That(found, Is.GreaterThan(Records * 9 / 10));
    }

    [Test]
    public void A_missing_key_has_no_address()
    {
        using var store = Open(1 << 20);
        Assert.That(store.Index, Is.Not.Null);
        Assert.That(store.Index!.Find(Key(1)), Is.EqualTo((nint)0));
    }

    // 3,000 carts are three times the capacity of a 1 MB log.
    [Test]
    public void A_record_on_disk_has_no_address()
    {
        using var store = Open(1 << 20);
        for (var i = 0; i < 3_000; i++)
        {
            Add(store, i);
        }

        Assert.That(store.Index!.Find(Key(0)), Is.EqualTo((nint)0));
        var last = store.Index!.Find(Key(2_999));
        Assert.That(last, Is.Not.EqualTo((nint)0));
        Assert.That(Marshal.ReadInt64(last + 8), Is.EqualTo((long)Key(2_999).Low));
    }

    [Test]
    public void A_record_in_memory_is_found_and_may_be_changed_where_it_is()
    {
        using var store = Open(64 << 20);
        Add(store, 1);
        ref var found = ref store.Index!.FindLatest(Key(1), isMutable: true, out var isMissing);
        Assert.That((Unsafe.IsNullRef(ref found), isMissing), Is.EqualTo((false, false)));
        Assert.That(found.EventCount, Is.EqualTo(1));
        found.EventCount = 7;
        Assert.That(store.TryRead(Key(1), out var record), Is.True);
        Assert.That(record.EventCount, Is.EqualTo(7));
    }

    [Test]
    public void A_key_whose_bits_are_in_no_bucket_is_missing()
    {
        using var store = Open(64 << 20);
        Add(store, 1);
        var missing = Enumerable.Range(2, 1000).Count(i => Unsafe.IsNullRef(ref store.Index!.FindLatest(Key(i), isMutable: false, out var isMissing)) && isMissing);
        // An empty entry looks like the key whose bits are all zero: then FASTER is asked.
        Assert.That(missing, Is.InRange(990, 1000));
    }

    [Test]
    public void A_deleted_record_is_not_found()
    {
        using var store = Open(64 << 20);
        Add(store, 1);
        store.Delete(Key(1));
        Assert.That(Unsafe.IsNullRef(ref store.Index!.FindLatest(Key(1), isMutable: false, out _)), Is.True);
        Assert.That(store.TryRead(Key(1), out _), Is.False);
        Add(store, 1);
        Assert.That(store.TryRead(Key(1), out var record), Is.True);
        Assert.That(record.EventCount, Is.EqualTo(1), "begun anew");
    }

    // A log of 1 MB keeps nine tenths of its memory mutable: of about 1,000 carts there, the oldest are read-only.
    [Test]
    public void A_record_in_the_read_only_part_of_the_memory_is_found_for_reading_alone()
    {
        using var store = Open(1 << 20);
        const int Records = 3_000;
        for (var i = 0; i < Records; i++)
        {
            Add(store, i);
        }

        var readable = Enumerable.Range(0, Records).Where(i => !Unsafe.IsNullRef(ref store.Index!.FindLatest(Key(i), isMutable: false, out _))).ToArray();
        var mutable = Enumerable.Range(0, Records).Where(i => !Unsafe.IsNullRef(ref store.Index!.FindLatest(Key(i), isMutable: true, out _))).ToArray();
        Assert.That(mutable, Is.Not.Empty.And.SubsetOf(readable));
        Assert.That(readable.Except(mutable), Is.Not.Empty);
        foreach (var i in readable)
        {
            Add(store, i);
            Assert.That(store.TryRead(Key(i), out var record), Is.True);
            Assert.That(record.EventCount, Is.EqualTo(2));
        }
    }

    [Test]
    public void Prefetching_changes_no_record()
    {
        using var store = Open(1 << 20);
        for (var i = 0; i < 1000; i++)
        {
            store.PrefetchBucket(Key(i));
            store.PrefetchRecord(Key(i), 8);
            Add(store, i % 10);
            store.PrefetchRecord(Key(i % 10), 8);
        }

        Assert.That(store.TryRead(Key(3), out var record), Is.True);
        Assert.That(record.EventCount, Is.EqualTo(100));
        Assert.That(store.TryRead(Key(11), out _), Is.False);
    }

    static RecordStore<CartRecord, int, Count> Open(long bytes) =>
        new(Path.Combine(TestStages.NewFolder(), "carts.log"), RecordStoreSize.For(bytes, 900), default);

    static Hash128 Key(int i) => EventReading.KeyOf($"cart {i}");

    static void Add(RecordStore<CartRecord, int, Count> store, int i)
    {
        var input = 0;
        store.Update(Key(i), ref input);
    }

    readonly struct Count : IRecordUpdate<CartRecord, int>
    {
        public bool MayCreate(in int input) => true;

        public void Apply(ref CartRecord record, ref int input) => record.EventCount++;
    }
}
