using System.Runtime.CompilerServices;
using CartRecovery.Engine.State;
using FASTER.core;

namespace CartRecovery.Tests.State;

/// <summary>Compaction of a store whose records are many times its memory.</summary>
public sealed class StoreCompactionTests
{
    const long Memory = 1 << 20;
    static readonly RecordStoreSize s_size = RecordStoreSize.For(Memory, Unsafe.SizeOf<LargeRecord>());
    static readonly int s_inMemory = (int)(Memory / (Unsafe.SizeOf<LargeRecord>() + 24));

    string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("store-compaction").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    // New carts in each round, twice the memory; those of earlier rounds have ended.
    [Test]
    public void A_steady_load_of_new_records_does_not_grow_the_files()
    {
        using var store = Open(keep: false);
        var (largest, most) = (0L, 0L);
        for (var round = 1; round <= 9; round++)
        {
            var now = round;
            for (var i = 0; i < 2 * s_inMemory; i++)
            {
                Set(store, (round * 1_000_000) + i, now);
                store.Compact((in cart) => cart.At < now);
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

    // The same records again and again: as many are live as at first.
    [Test]
    public void Updates_of_records_that_all_stay_do_not_grow_the_files()
    {
        using var store = Open(keep: false);
        var (random, live) = (new Random(1), 3 * s_inMemory);
        var expected = new long[live];
        for (var i = 0; i < 12 * live; i++)
        {
            var key = i < live ? i : random.Next(live);
            Set(store, key, expected[key] = i + 1);
            store.Compact(drop: null);
            Assert.That(i % 256 == 0 ? Bytes() : 0, Is.LessThan(4L * live * (Unsafe.SizeOf<LargeRecord>() + 24)));
        }

        Assert.That(Enumerable.Range(0, live).Select(key => Get(store, key)), Is.EqualTo(expected));
    }

    // FASTER's own compaction lost these: the log has them, sealed, although the recovery undid the copies that they were sealed for.
    [Test]
    public void Records_that_were_updated_while_the_recovered_checkpoint_was_written_are_kept()
    {
        var keys = s_inMemory / 2;
        using (var mayWrite = new ManualResetEventSlim())
        using (var store = Open(keep: true))
        {
            SetAll(store, keys, 1);
            store.BeforeSnapshotWrite = mayWrite.Wait;
            var checkpoint = store.BeginCheckpoint(Path.Combine(_folder, "1"), 1);
            while (store.Phase != Phase.WAIT_FLUSH)
            {
                store.Refresh();
            }

            SetAll(store, keys, 2);
            SetAll(store, s_inMemory, 3, from: keys);
            mayWrite.Set();
            Finish(store, checkpoint);
            Assert.That(Get(store, 0), Is.EqualTo(2));
        }

        using var recovered = Open(keep: true, "1");
        var begin = recovered.BeginAddress;
        for (var i = 0; i < 8 * s_inMemory; i++)
        {
            Set(recovered, keys + (i % s_inMemory), 4);
            recovered.Compact(drop: null);
        }

        Assert.That(recovered.BeginAddress, Is.GreaterThan(begin + Memory), "compaction must have run");
        Assert.That(Enumerable.Range(0, keys).Select(key => Get(recovered, key)), Is.All.EqualTo(1));
    }

    [Test]
    public void A_deleted_record_stays_deleted()
    {
        using var store = Open(keep: false);
        var keys = 2 * s_inMemory;
        SetAll(store, keys, 1);
        for (var key = 0; key < keys; key += 2)
        {
            store.Delete(LargeRecord.Key(key));
        }

        for (var i = 0; i < 8 * s_inMemory; i++)
        {
            Set(store, keys + (i % s_inMemory), 2);
            store.Compact(drop: null);
            if (i % s_inMemory == 0)
            {
                Assert.That(Enumerable.Range(0, keys).Select(key => Get(store, key)), Is.EqualTo(Enumerable.Range(0, keys).Select(key => (long)key % 2)));
            }
        }
    }

    [Test]
    public void A_step_is_bounded_by_what_was_appended()
    {
        using var store = Open(keep: true);
        SetAll(store, 20 * s_inMemory, 1);
        store.Compact(drop: null);
        for (var (i, begin) = (0, store.BeginAddress); i < 1000; i++, begin = store.BeginAddress)
        {
            Set(store, i, 2);
            store.Compact(drop: null);
            Assert.That(store.BeginAddress - begin, Is.LessThanOrEqualTo(2 << 16));
        }
    }

    [Test]
    public void Nothing_is_compacted_while_a_checkpoint_is_written()
    {
        using var store = Open(keep: true);
        using var mayWrite = new ManualResetEventSlim();
        SetAll(store, 4 * s_inMemory, 1);
        store.BeforeSnapshotWrite = mayWrite.Wait;
        var checkpoint = store.BeginCheckpoint(Path.Combine(_folder, "1"), 1);
        for (var i = 0; i < s_inMemory / 4; i++)
        {
            Set(store, i, 2);
            store.Refresh();
            store.Compact(drop: null);
        }

        Assert.That(store.BeginAddress, Is.EqualTo(64));
        mayWrite.Set();
        Finish(store, checkpoint);
        Assert.That(store.NeededBy(checkpoint.Folder), Is.EqualTo(64));
        store.Compact(drop: null);
        Assert.That(store.BeginAddress, Is.GreaterThan(64));
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
        Finish(store, checkpoint);
        var needed = store.NeededBy(checkpoint.Folder)!.Value;
        store.Release(needed);
        for (var i = 0; i < 40 * s_inMemory; i++)
        {
            Set(store, i % (2 * s_inMemory), 2);
            store.Compact(drop: null);
        }

        Assert.That(StoreFiles.FindGap(Path.Combine(_folder, "records"), 20, needed, 4 * Memory), Is.Null, "the checkpoint's part of the log");
        var before = Bytes();
        var second = store.BeginCheckpoint(Path.Combine(_folder, "2"), 2);
        Finish(store, second);
        store.Release(store.NeededBy(second.Folder)!.Value);
        Assert.That(Bytes(), Is.LessThan(before / 2));
    }

    RecordStore<LargeRecord, long, LargeRecord.Put> Open(bool keep, string? checkpoint = null) =>
        new(Path.Combine(_folder, "records"), s_size, default, keep, checkpoint is null ? null : Path.Combine(_folder, checkpoint));

    long Bytes() => Directory.EnumerateFiles(_folder, "records.*").Sum(file => new FileInfo(file).Length);

    static void Finish(RecordStore<LargeRecord, long, LargeRecord.Put> store, StoreCheckpoint checkpoint)
    {
        while (!checkpoint.IsWritten)
        {
            store.Refresh();
        }

        checkpoint.Save();
    }

    static void SetAll(RecordStore<LargeRecord, long, LargeRecord.Put> store, int until, long value, int from = 0)
    {
        for (var key = from; key < until; key++)
        {
            Set(store, key, value);
        }
    }

    static void Set(RecordStore<LargeRecord, long, LargeRecord.Put> store, int key, long value) => store.Update(LargeRecord.Key(key), ref value);

    static long Get(RecordStore<LargeRecord, long, LargeRecord.Put> store, int key) => store.TryRead(LargeRecord.Key(key), out var record) ? record.At : 0;
}
