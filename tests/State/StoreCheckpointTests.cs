using System.Runtime.CompilerServices;
using CartRecovery.Engine.State;
using CartRecovery.Primitives;
using FASTER.core;
using FsCheck.Fluent;

namespace CartRecovery.Tests.State;

public sealed class StoreCheckpointTests
{
    string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("store-checkpoints").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void A_checkpoint_holds_every_record_as_of_its_start()
    {
        var expected = new Dictionary<int, long>();
        using (var store = Open(16 << 20))
        {
            for (var key = 0; key < 5000; key++)
            {
                Add(store, expected, key, key);
            }

            var checkpoint = store.BeginCheckpoint(Path.Combine(_folder, "1"), 77);
            var later = new Dictionary<int, long>(expected);
            for (var key = 0; key < 6000; key++)
            {
                Add(store, later, key, 1_000_000);
            }

            Finish(store, checkpoint);
            for (var key = 0; key < 6000; key++)
            {
                Add(store, later, key, 1);
            }

            AssertHolds(store, later, 6000);
        }

        using var recovered = Open(16 << 20, "1");
        AssertHolds(recovered, expected, 6000);
        Assert.That(recovered.RecoveredSerialNumber, Is.EqualTo(77));
    }

    [Test]
    public void The_serial_number_is_restored()
    {
        using (var store = Open(1 << 20))
        {
            Finish(store, store.BeginCheckpoint(Path.Combine(_folder, "1"), 5));
            Add(store, [], 1, 1);
            var second = store.BeginCheckpoint(Path.Combine(_folder, "2"), 1L << 50);
            Add(store, [], 1, 1);
            Finish(store, second);
            Finish(store, store.BeginCheckpoint(Path.Combine(_folder, "3"), 1L << 50));
        }

        foreach (var (name, number) in new[] { ("1", 5), ("2", 1L << 50), ("3", 1L << 50) })
        {
            using var store = Open(1 << 20, name);
            Assert.That(store.RecoveredSerialNumber, Is.EqualTo(number));
        }

        using var empty = Open(1 << 20);
        Assert.That(empty.RecoveredSerialNumber, Is.EqualTo(-1));
    }

    // Many times the memory's capacity, with enough writes during a checkpoint to extend the log past its end.
    [FsCheck.NUnit.Property(MaxTest = 15)]
    public FsCheck.Property A_checkpoint_taken_during_writes_recovers_the_state_of_its_start() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var folder = Directory.CreateDirectory(Path.Combine(_folder, Guid.NewGuid().ToString("N"))).FullName;
            var keys = random.Next(1, 12_000);
            var sizes = new[] { 1 << 20, 2 << 20, 8 << 20 };
            var current = new Dictionary<int, long>();
            Dictionary<string, Dictionary<int, long>> checkpoints = [];
            string? from = null;
            for (var life = 0; life < 3; life++)
            {
                using var store = Open(sizes[random.Next(3)], from is null ? null : Path.Combine(folder, from), Path.Combine(folder, "records"));
                AssertHolds(store, current, keys);
                for (var round = random.Next(1, 4); round > 0; round--)
                {
                    Write(store, random.Next(keys));
                    var name = checkpoints.Count.ToString();
                    var checkpoint = store.BeginCheckpoint(Path.Combine(folder, name), checkpoints.Count);
                    checkpoints.Add(name, new(current));
                    var pace = random.Next(1, 30_000);
                    while (!checkpoint.IsWritten)
                    {
                        Write(store, random.Next(pace));
                        store.Refresh();
                    }

                    checkpoint.Save();
                    Write(store, random.Next(keys * 2));
                }

                AssertHolds(store, current, keys);

                // The next run recovers from any checkpoint of this run or of those it did not roll back.
                from = checkpoints.Keys.ElementAt(random.Next(checkpoints.Count));
                current = new(checkpoints[from]);
                AssertStored(Path.Combine(folder, "records"), Path.Combine(folder, from), current);
                foreach (var void_ in checkpoints.Keys.Where(name => int.Parse(name) > int.Parse(from)).ToArray())
                {
                    checkpoints.Remove(void_);
                }
            }

            foreach (var (name, expected) in checkpoints)
            {
                AssertStored(Path.Combine(folder, "records"), Path.Combine(folder, name), expected);
            }

            foreach (var (name, expected) in checkpoints)
            {
                using var store = Open(1 << 20, Path.Combine(folder, name), Path.Combine(folder, "records"));
                AssertHolds(store, expected, keys);
                Assert.That(store.RecoveredSerialNumber, Is.EqualTo(long.Parse(name)));
                break;
            }

            Directory.Delete(folder, recursive: true);
            return true;

            void Write(RecordStore<Counter, long, Sum> store, int count)
            {
                for (var i = 0; i < count; i++)
                {
                    Add(store, current, random.Next(keys), random.Next(1000));
                }
            }
        });

    [Test]
    public void A_log_longer_than_the_checkpoint_is_recovered_up_to_it()
    {
        const int Keys = 10_000, All = 24_000;
        var expected = new Dictionary<int, long>();
        using var mayWrite = new ManualResetEventSlim();
        using (var store = Open(1 << 20))
        {
            for (var key = 0; key < Keys; key++)
            {
                Add(store, expected, key, key);
            }

            store.BeforeSnapshotWrite = mayWrite.Wait;
            var checkpoint = store.BeginCheckpoint(Path.Combine(_folder, "1"), 1);
            while (store.Phase != Phase.WAIT_FLUSH)
            {
                store.Refresh();
            }

            for (var key = Keys / 2; key < All; key++)
            {
                Add(store, [], key, 7);
            }

            mayWrite.Set();
            Finish(store, checkpoint);
        }

        var info = StoreCheckpoints.Parse(File.ReadAllBytes(Path.Combine(_folder, "1", "log.info")));
        Assert.That(info.flushedLogicalAddress, Is.EqualTo(info.finalLogicalAddress), "the test requires the log to reach this point");
        AssertStored(Path.Combine(_folder, "records"), Path.Combine(_folder, "1"), expected);

        using (var store = Open(1 << 20, "1"))
        {
            AssertHolds(store, expected, All);
            for (var key = 0; key < All; key += 2)
            {
                Add(store, expected, key, 3);
            }

            AssertHolds(store, expected, All);
            Finish(store, store.BeginCheckpoint(Path.Combine(_folder, "2"), 2));
        }

        using var again = Open(1 << 20, "2");
        AssertHolds(again, expected, All);
    }

    [Test]
    public void A_checkpoint_without_its_log_fails_the_recovery()
    {
        using (var store = Open(1 << 20))
        {
            for (var key = 0; key < 20_000; key++)
            {
                Add(store, [], key, key);
            }

            Finish(store, store.BeginCheckpoint(Path.Combine(_folder, "1"), 1));
        }

        using (var log = new FileStream(Path.Combine(_folder, "records.0"), FileMode.Open))
        {
            log.SetLength(log.Length / 4);
        }

        Assert.That(() => Open(1 << 20, "1"), Throws.TypeOf<IOException>().With.Message.Contains("records"));
        File.Delete(Path.Combine(_folder, "records.0"));
        Assert.That(() => Open(1 << 20, "1"), Throws.TypeOf<IOException>());
    }

    [Test]
    public void Records_of_another_size_are_rejected()
    {
        using (var store = Open(1 << 20))
        {
            Finish(store, store.BeginCheckpoint(Path.Combine(_folder, "1"), 1));
        }

        Assert.That(
            () => new RecordStore<Larger, long, LargerSum>(
                Path.Combine(_folder, "records"), RecordStoreSize.For(1 << 20, 128), default, keep: true, Path.Combine(_folder, "1")),
            Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void Records_of_another_shape_are_rejected()
    {
        using (var store = Open(1 << 20))
        {
            Finish(store, store.BeginCheckpoint(Path.Combine(_folder, "1"), 1));
        }

        RecordStore<Counter, long, Sum> OpenAs(int shape) => new(
            Path.Combine(_folder, "records"), RecordStoreSize.For(1 << 20, 128), default, keep: true, Path.Combine(_folder, "1"), shape);
        Assert.That(() => OpenAs(2), Throws.TypeOf<InvalidDataException>().With.Message.Contains("shape 1"));
        Assert.That(() => OpenAs(0), Throws.TypeOf<StoreShapeException>().With.Message.Contains("later version"));
    }

    [Test]
    public void A_failed_checkpoint_is_reported_and_the_store_continues()
    {
        var expected = new Dictionary<int, long>();
        using (var store = Open(4 << 20))
        {
            for (var key = 0; key < 5000; key++)
            {
                Add(store, expected, key, key);
            }

            Finish(store, store.BeginCheckpoint(Path.Combine(_folder, "1"), 1));

            // A folder blocks the file's path.
            Directory.CreateDirectory(Path.Combine(_folder, "2", "log.0"));
            var bad = store.BeginCheckpoint(Path.Combine(_folder, "2"), 2);
            Wait(store, bad);
            Assert.That(bad.Save, Throws.TypeOf<IOException>());

            for (var key = 0; key < 5000; key++)
            {
                Add(store, expected, key, key);
            }

            Finish(store, store.BeginCheckpoint(Path.Combine(_folder, "3"), 3));
        }

        using var recovered = Open(4 << 20, "3");
        AssertHolds(recovered, expected, 5000);
    }

    [Test]
    public void A_store_may_be_disposed_during_a_checkpoint()
    {
        for (var i = 0; i < 5; i++)
        {
            var store = Open(4 << 20);
            for (var key = 0; key < 20_000; key++)
            {
                Add(store, [], key, key);
            }

            var checkpoint = store.BeginCheckpoint(Path.Combine(_folder, $"{i}"), 1);
            Assert.That(() => store.BeginCheckpoint(Path.Combine(_folder, "other"), 1), Throws.InvalidOperationException);
            store.Dispose();
            Assert.That(checkpoint.IsWritten, Is.False);
        }
    }

    RecordStore<Counter, long, Sum> Open(long memory, string? checkpoint = null, string? file = null) => new(
        file ?? Path.Combine(_folder, "records"), RecordStoreSize.For(memory, Unsafe.SizeOf<Counter>()), default, keep: true,
        checkpoint is null ? null : Path.Combine(_folder, checkpoint));

    static void Finish(RecordStore<Counter, long, Sum> store, StoreCheckpoint checkpoint)
    {
        Wait(store, checkpoint);
        checkpoint.Save();
    }

    static void Wait(RecordStore<Counter, long, Sum> store, StoreCheckpoint checkpoint) => Assert.That(
        SpinWait.SpinUntil(
            () =>
            {
                store.Refresh();
                return checkpoint.IsWritten;
            },
            TimeSpan.FromSeconds(30)),
        Is.True);

    static void Add(RecordStore<Counter, long, Sum> store, Dictionary<int, long> expected, int key, long value)
    {
        expected[key] = expected.GetValueOrDefault(key) + value;
        store.Update(Key(key), ref value);
    }

    static void AssertHolds(RecordStore<Counter, long, Sum> store, Dictionary<int, long> expected, int keys)
    {
        for (var key = 0; key < keys; key++)
        {
            var found = store.TryRead(Key(key), out var record);
            if (found != expected.TryGetValue(key, out var value) || (found && (record.Value != value || record.Check != ~value)))
            {
                Assert.Fail($"key {key}: {(found ? record.Value : "nothing")} instead of {(expected.ContainsKey(key) ? value : "nothing")}");
            }
        }
    }

    // Read from the files, without FASTER.
    static void AssertStored(string file, string checkpoint, Dictionary<int, long> expected)
    {
        var records = new Dictionary<int, long>();
        foreach (var (key, record, isDeleted) in new StoredRecords<Counter>(file, checkpoint, shape: 1).Read())
        {
            Assert.That((record.Check, isDeleted), Is.EqualTo((~record.Value, false)));
            records[(int)key.High] = record.Value;
        }

        Assert.That(records.OrderBy(r => r.Key).SequenceEqual(expected.OrderBy(r => r.Key)), Is.True);
    }

    static Hash128 Key(int number) => new((ulong)number * 0x9E3779B97F4A7C15 + 1, (ulong)number);

    struct Counter
    {
        public long Value;
        public Filler Filler;
        public long Check;
    }

    struct Larger
    {
        public Counter First;
        public long Second;
    }

    [InlineArray(10)]
    struct Filler
    {
        long _first;
    }

    readonly struct Sum : IRecordUpdate<Counter, long>
    {
        public bool MayCreate(in long input) => true;

        public void Apply(ref Counter record, ref long input)
        {
            record.Value += input;
            record.Filler[9]++;
            record.Check = ~record.Value;
        }
    }

    readonly struct LargerSum : IRecordUpdate<Larger, long>
    {
        public bool MayCreate(in long input) => true;

        public void Apply(ref Larger record, ref long input) => record.Second += record.First.Value += input;
    }
}
