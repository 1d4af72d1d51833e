using System.Runtime.CompilerServices;
using CartRecovery.Engine.State;

namespace CartRecovery.Tests.State;

/// <summary>Every version of an erased record is overwritten: in memory, in the log's files, and in later checkpoints.</summary>
public sealed class RecordErasureTests
{
    const long Memory = 1 << 20;
    const int Records = 4000, Rounds = 3;
    static readonly RecordStoreSize s_size = RecordStoreSize.For(Memory, Unsafe.SizeOf<LargeRecord>());
    static readonly HashSet<int> s_erased = [0, 1, 1234, 3998, Records - 1];

    string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("record-erasure").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    // Compaction leaves files with records before the log's begin.
    [TestCase(false)]
    [TestCase(true)]
    public async Task No_file_has_a_version_of_an_erased_record_and_the_others_are_as_before(bool compacts)
    {
        using (var store = Open())
        {
            for (var round = 1; round <= Rounds; round++)
            {
                for (var i = 0; i < Records; i++)
                {
                    Set(store, i, Value(i, round));
                    if (compacts)
                    {
                        store.Compact(drop: null);
                    }
                }
            }

            var until = Erase(store);
            await OverwriteAsync(store, until);
            foreach (var key in s_erased)
            {
                Assert.That(store.TryRead(LargeRecord.Key(key), out _), Is.False);
            }

            // Whoever comes back begins anew, and a repeated erasure of the former versions leaves that alone.
            Set(store, 1234, 99);
            Assert.That(store.TailAddress, Is.GreaterThan(until));
            await OverwriteAsync(store, until);
            Checkpoint(store);
            AssertErased(store);

            // Everything that was in memory goes to the files.
            for (var i = 0; i < Records; i++)
            {
                Set(store, Records + i, i);
            }

            await store.WrittenAsync();
            AssertErased(store);
        }

        using var recovered = Open(Path.Combine(_folder, "1"));
        AssertErased(recovered);
    }

    [Test]
    public void A_record_that_is_not_there_is_not_erased()
    {
        using var store = Open();
        var tail = store.TailAddress;
        Assert.That((store.Erase(LargeRecord.Key(5)), store.TailAddress), Is.EqualTo((false, tail)));
    }

    static long Erase(RecordStore<LargeRecord, long, LargeRecord.Put> store)
    {
        foreach (var key in s_erased)
        {
            Assert.That(store.Erase(LargeRecord.Key(key)), Is.True);
        }

        return store.TailAddress;
    }

    static async Task OverwriteAsync(RecordStore<LargeRecord, long, LargeRecord.Put> store, long until)
    {
        var (keys, erased, rests) = (s_erased.ToDictionary(key => LargeRecord.Key(key), _ => until), 0L, 0);
        for (var at = 0L; at < until;)
        {
            at = store.EraseInMemory(keys, at, until, ref erased);
        }

        await store.WrittenAsync();
        store.EraseInFiles(keys, until, () => rests++);
        Assert.That(rests, Is.Not.Zero);
    }

    void AssertErased(RecordStore<LargeRecord, long, LargeRecord.Put> store)
    {
        var files = Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Select(Read).ToArray();
        var found = from key in s_erased from round in Enumerable.Range(1, Rounds) where files.Any(file => file.AsSpan().IndexOf(BitConverter.GetBytes(Value(key, round))) >= 0) select (key, round);
        Assert.That(found, Is.Empty);
        Assert.That(files.Any(file => file.AsSpan().IndexOf(BitConverter.GetBytes(Value(7, Rounds))) >= 0), "the search finds others");
        for (var i = 0; i < Records; i++)
        {
            Assert.That(store.TryRead(LargeRecord.Key(i), out var record) ? record.At : 0, Is.EqualTo(i == 1234 ? 99 : s_erased.Contains(i) ? 0 : Value(i, Rounds)), $"record {i}");
        }
    }

    // No other bytes of the file look like that.
    static long Value(int key, int round) => 0x5EC2_E700_0000_0000 + (key * 16L) + round;

    static void Set(RecordStore<LargeRecord, long, LargeRecord.Put> store, int key, long at) => store.Update(LargeRecord.Key(key), ref at);

    void Checkpoint(RecordStore<LargeRecord, long, LargeRecord.Put> store)
    {
        var checkpoint = store.BeginCheckpoint(Path.Combine(_folder, "1"), 1);
        Assert.That(SpinWait.SpinUntil(() =>
        {
            store.Refresh();
            return checkpoint.IsWritten;
        }, Support.Eventually.Deadline), Is.True);
        checkpoint.Save();
    }

    static byte[] Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    RecordStore<LargeRecord, long, LargeRecord.Put> Open(string? checkpoint = null) => new(Path.Combine(_folder, "records"), s_size, default, keep: true, checkpoint);
}
