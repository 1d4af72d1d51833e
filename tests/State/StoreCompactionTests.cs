using System.Runtime.CompilerServices;
using CartRecovery.Engine.State;
using CartRecovery.Primitives;
using FsCheck.Fluent;

namespace CartRecovery.Tests.State;

/// <summary>Compaction of a store whose records are many times its memory.</summary>
public sealed class StoreCompactionTests
{
    const long Memory = 1 << 20;
    static readonly RecordStoreSize s_size = RecordStoreSize.For(Memory, Unsafe.SizeOf<Cart>());
    static readonly int s_inMemory = (int)(Memory / (Unsafe.SizeOf<Cart>() + 24));

    string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("store-compaction").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    // Three rounds of new carts, each twice the memory; those of earlier rounds have ended.
    [Test]
    public void A_steady_load_of_new_records_does_not_grow_the_files()
    {
        using var store = Open(keep: false);
        var (largest, most) = (0L, 0L);
        for (var round = 1; round <= 12; round++)
        {
            var now = round;
            for (var i = 0; i < 2 * s_inMemory; i++)
            {
                Set(store, (round * 1_000_000) + i, now);
                Compact(store, now);
                largest = Math.Max(largest, i % 64 == 0 ? Bytes() : 0);
            }

            most = round == 3 ? largest : most;
            for (var i = 0; i < 2 * s_inMemory; i++)
            {
                Assert.That(Get(store, (round * 1_000_000) + i), Is.EqualTo(now));
            }
        }

        Assert.That(most, Is.GreaterThan(Memory), "the records must not fit in memory");
        Assert.That(largest, Is.LessThan(10 * Memory));
        Assert.That(largest, Is.LessThanOrEqualTo(most + (2 * Memory)), "the files have stopped growing");
    }

    [FsCheck.NUnit.Property(MaxTest = 5)]
    public FsCheck.Property Compaction_changes_no_record_and_checkpoints_stay_valid() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), HoldsFor);

    bool HoldsFor(int seed)
    {
        var random = new Random(seed);
        var folder = Directory.CreateDirectory(Path.Combine(_folder, Guid.NewGuid().ToString("N"))).FullName;
        var file = Path.Combine(folder, "records");
        var keys = random.Next(s_inMemory / 2, 4 * s_inMemory);
        var expected = new Dictionary<int, long>();
        var kept = new List<(string Folder, Dictionary<int, long> Expected)>();
        string? from = null;
        for (var life = 0; life < 3; life++)
        {
            using var store = new RecordStore<Cart, long, Put>(file, s_size, default, keep: true, from);
            AssertHolds(store, expected, keys);
            for (var round = random.Next(2, 4); round > 0; round--)
            {
                Write(store, random.Next(6 * keys));
                var checkpoint = store.BeginCheckpoint(Path.Combine(folder, $"{life}.{round}"), 1);
                kept.Add((checkpoint.Folder, new(expected)));
                while (!checkpoint.IsWritten)
                {
                    Write(store, random.Next(200));
                    store.Refresh();
                }

                checkpoint.Save();
                kept.RemoveRange(0, Math.Max(0, kept.Count - 2));
                store.Release(kept.Min(k => store.NeededBy(k.Folder)!.Value));
            }

            AssertHolds(store, expected, keys);

            // Crash; recover from either checkpoint.
            var at = random.Next(kept.Count);
            (from, expected) = (kept[at].Folder, new(kept[at].Expected));
            kept.RemoveRange(at + 1, kept.Count - at - 1);
        }

        using var last = new RecordStore<Cart, long, Put>(file, s_size, default, keep: true, from);
        AssertHolds(last, expected, keys);
        return true;

        void Write(RecordStore<Cart, long, Put> store, int count)
        {
            for (var i = 0; i < count; i++)
            {
                var key = random.Next(keys);
                var value = random.Next(1, int.MaxValue);
                expected[key] = value;
                Set(store, key, value);
                store.Compact(drop: null);
            }
        }
    }

    [Test]
    public void A_checkpoint_keeps_the_files_it_needs_until_it_is_released()
    {
        using var store = Open(keep: true);
        for (var i = 0; i < 4 * s_inMemory; i++)
        {
            Set(store, i, 1);
            store.Compact(drop: null);
        }

        var checkpoint = store.BeginCheckpoint(Path.Combine(_folder, "1"), 1);
        while (!checkpoint.IsWritten)
        {
            store.Refresh();
        }

        checkpoint.Save();
        var needed = store.NeededBy(checkpoint.Folder)!.Value;
        store.Release(needed);
        for (var i = 0; i < 40 * s_inMemory; i++)
        {
            Set(store, i % (2 * s_inMemory), 2);
            store.Compact(drop: null);
        }

        Assert.That(StoreDevice.FindGap(Path.Combine(_folder, "records"), 20, needed, 4 * Memory), Is.Null, "the checkpoint's part of the log");
        var before = Bytes();
        var second = store.BeginCheckpoint(Path.Combine(_folder, "2"), 2);
        while (!second.IsWritten)
        {
            store.Refresh();
        }

        second.Save();
        store.Release(store.NeededBy(second.Folder)!.Value);
        Assert.That(Bytes(), Is.LessThan(before / 2));
    }

    RecordStore<Cart, long, Put> Open(bool keep) => new(Path.Combine(_folder, "records"), s_size, default, keep);

    long Bytes() => Directory.EnumerateFiles(_folder, "records.*").Sum(file => new FileInfo(file).Length);

    static void Compact(RecordStore<Cart, long, Put> store, long now) => store.Compact((in cart) => cart.At < now);

    static void Set(RecordStore<Cart, long, Put> store, int key, long value) => store.Update(Key(key), ref value);

    static long Get(RecordStore<Cart, long, Put> store, int key)
    {
        if (!store.TryRead(Key(key), out var record))
        {
            return 0;
        }

        Assert.That(record.Filler[29], Is.EqualTo(~record.At));
        return record.At;
    }

    static void AssertHolds(RecordStore<Cart, long, Put> store, Dictionary<int, long> expected, int keys)
    {
        for (var key = 0; key < keys; key++)
        {
            if (Get(store, key) != expected.GetValueOrDefault(key))
            {
                Assert.Fail($"key {key}: {Get(store, key)} instead of {expected.GetValueOrDefault(key)}");
            }
        }
    }

    static Hash128 Key(int number) => new((ulong)number * 0x9E3779B97F4A7C15 + 1, (ulong)number);

    struct Cart
    {
        public long At;
        public Filler Filler;
    }

    [InlineArray(30)]
    struct Filler
    {
        long _first;
    }

    readonly struct Put : IRecordUpdate<Cart, long>
    {
        public bool MayCreate(in long input) => true;

        public void Apply(ref Cart record, ref long input)
        {
            record.At = input;
            record.Filler[29] = ~input;
        }
    }
}
