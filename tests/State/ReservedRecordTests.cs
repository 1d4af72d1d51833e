using System.Runtime.CompilerServices;
using CartRecovery.Engine.State;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.State;

/// <summary>
/// An update whose record is moved to disk by the page that the update itself begins: FASTER has reserved the page's first record, and
/// reads the old one from disk before it fills it. A checkpoint may end just then.
/// </summary>
public sealed class ReservedRecordTests
{
    static readonly RecordStoreSize s_size = RecordStoreSize.For(1 << 20, Unsafe.SizeOf<Counter>());
    static readonly int s_recordBytes = LogRecord<Counter>.Bytes;
    static readonly int s_perPage = (1 << s_size.PageBits) / s_recordBytes;

    string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("reserved-record").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Records_after_one_that_was_reserved_at_a_checkpoints_end_are_recovered()
    {
        var keys = 40 * s_perPage;
        using (var store = Open(from: null))
        {
            for (var key = 0; key < keys; key++)
            {
                Set(store, key, 1);
            }

            EndWithReservedRecord(store);
        }

        // Whole pages after the reserved record, of which the first has it at its begin.
        using (var store = Open("1"))
        {
            for (var key = keys; key < keys + (3 * s_perPage); key++)
            {
                Set(store, key, 2);
            }

            Finish(store, store.BeginCheckpoint(Path.Combine(_folder, "2"), 2));
        }

        Assert.That(Stored("2").Count(r => r.Record.Value == 2), Is.EqualTo(3 * s_perPage));
        using var recovered = Open("2");
        for (var key = 0; key < keys + (3 * s_perPage); key++)
        {
            Assert.That(recovered.TryRead(Key(key), out var record) ? record.Value : 0, Is.EqualTo(key < keys ? 1 : 2), $"key {key}");
        }
    }

    void EndWithReservedRecord(RecordStore<Counter, long, Put> store)
    {
        using var mayWrite = new ManualResetEventSlim();
        store.BeforeIndexWrite = mayWrite.Wait;
        var checkpoint = store.BeginCheckpoint(Path.Combine(_folder, "1"), 1);

        // The index is written, and thereby the checkpoint's end found, while the update waits for its record.
        store.BeforeRead = () =>
        {
            mayWrite.Set();
            checkpoint.Index.Dispose();
        };
        var oldest = Enumerable.Range(0, int.MaxValue).First(key => store.Index!.Find(Key(key)) != 0);
        Set(store, oldest, 7);
        store.BeforeRead = null;
        mayWrite.Set();
        Finish(store, checkpoint);

        var info = StoreCheckpoints.Parse(File.ReadAllBytes(Path.Combine(checkpoint.Folder, "log.info")));
        Assert.That(info.finalLogicalAddress % (1 << s_size.PageBits), Is.EqualTo(s_recordBytes), "the test requires the checkpoint to end with the page's first record");
    }

    IEnumerable<(Hash128 Key, Counter Record, bool IsDeleted)> Stored(string checkpoint) =>
        new StoredRecords<Counter>(Path.Combine(_folder, "records"), Path.Combine(_folder, checkpoint), shape: 1).Read();

    RecordStore<Counter, long, Put> Open(string? from) =>
        new(Path.Combine(_folder, "records"), s_size, default, keep: true, from is null ? null : Path.Combine(_folder, from));

    static void Finish(RecordStore<Counter, long, Put> store, StoreCheckpoint checkpoint)
    {
        while (!checkpoint.IsWritten)
        {
            store.Refresh();
        }

        checkpoint.Save();
    }

    static void Set(RecordStore<Counter, long, Put> store, int key, long value) => store.Update(Key(key), ref value);

    static Hash128 Key(int number) => new((ulong)(number + 1) * 0x9E3779B97F4A7C15, (ulong)number);

    struct Counter
    {
        public long Value;
        public Filler Filler;
    }

    [InlineArray(126)]
    struct Filler
    {
        long _first;
    }

    readonly struct Put : IRecordUpdate<Counter, long>
    {
        public bool MayCreate(in long input) => true;

        public void Apply(ref Counter record, ref long input)
        {
            record.Value = input;
            record.Filler[125] = ~input;
        }
    }
}
