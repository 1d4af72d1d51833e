using System.Runtime.CompilerServices;
using CartRecovery.Engine.State;
using FsCheck.Fluent;

namespace CartRecovery.Tests.State;

/// <summary>
/// Random updates, deletions, compaction and checkpoints of a store, with a slow disk and crashes at any moment. Every checkpoint that is
/// kept must recover the state at its start.
/// </summary>
public sealed class CompactionRecoveryTests
{
    const long Memory = 1 << 20;
    const int Kept = 2;
    static readonly int s_inMemory = (int)(Memory / (Unsafe.SizeOf<LargeRecord>() + 24));

    string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("compaction-recovery").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [FsCheck.NUnit.Property(MaxTest = 3)]
    public FsCheck.Property Compaction_changes_no_record_and_checkpoints_stay_valid() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            new Run(seed, Directory.CreateDirectory(Path.Combine(_folder, Guid.NewGuid().ToString("N"))).FullName).Play();
            return true;
        });

    sealed class Run(int seed, string folder)
    {
        readonly Random _random = new(seed);
        readonly int _keys = new Random(~seed).Next(s_inMemory / 2, 3 * s_inMemory);
        readonly List<(string Name, Dictionary<int, long> Expected)> _kept = [];
        Dictionary<int, long> _expected = [];
        RecordStore<LargeRecord, long, LargeRecord.Put> _store = null!;

        public void Play()
        {
            string? from = null;
            for (var life = 0; life < 3; life++)
            {
                using (_store = Open(folder, from))
                {
                    AssertHolds(_store, _expected);
                    for (var round = _random.Next(2, 4); round > 0; round--)
                    {
                        Write(_random.Next(6 * _keys));
                        Checkpoint($"{life}.{round}");
                    }

                    Write(_random.Next(2 * _keys));
                    AssertHolds(_store, _expected);
                    AssertCopyRecovers($"{life}.copy");
                }

                var at = _random.Next(_kept.Count);
                (from, _expected) = (_kept[at].Name, new(_kept[at].Expected));
                _kept.RemoveRange(at + 1, _kept.Count - at - 1);
            }

            using var last = Open(folder, from);
            AssertHolds(last, _expected);
        }

        // Writes continue while the snapshot waits for its disk: up to several times the memory.
        void Checkpoint(string name)
        {
            using var mayWrite = new ManualResetEventSlim();
            _store.BeforeSnapshotWrite = mayWrite.Wait;
            var checkpoint = _store.BeginCheckpoint(Path.Combine(folder, name), 1);
            var expected = new Dictionary<int, long>(_expected);
            for (var left = _random.Next(4) * _random.Next(s_inMemory); left > 0; left -= 100)
            {
                Write(_random.Next(200));
                _store.Refresh();
            }

            mayWrite.Set();
            while (!checkpoint.IsWritten)
            {
                Write(_random.Next(200));
                _store.Refresh();
            }

            checkpoint.Save();
            _kept.Add((name, expected));
            _kept.RemoveRange(0, Math.Max(0, _kept.Count - Kept));
            _store.Release(_kept.Min(k => _store.NeededBy(Path.Combine(folder, k.Name))!.Value));
        }

        // A copy of the files is what a crash would leave now.
        void AssertCopyRecovers(string name)
        {
            Write(_random.Next(_keys));
            var copy = Path.Combine(folder, name);
            CopyFiles(folder, copy);
            var (from, expected) = _kept[_random.Next(_kept.Count)];
            CopyFiles(Path.Combine(folder, from), Path.Combine(copy, from));
            using var recovered = Open(copy, from);
            AssertHolds(recovered, expected);
        }

        // The size of the memory may differ after a restart.
        RecordStore<LargeRecord, long, LargeRecord.Put> Open(string at, string? checkpoint) => new(
            Path.Combine(at, "records"), RecordStoreSize.For(Memory << _random.Next(2), Unsafe.SizeOf<LargeRecord>()), default, keep: true,
            checkpoint is null ? null : Path.Combine(at, checkpoint));

        void Write(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var (key, value) = (_random.Next(_keys), (long)_random.Next(1, int.MaxValue));
                if (_random.Next(20) == 0)
                {
                    _store.Delete(LargeRecord.Key(key));
                    _expected.Remove(key);
                }
                else
                {
                    _store.Update(LargeRecord.Key(key), ref value);
                    _expected[key] = value;
                }

                if (_random.Next(8) == 0)
                {
                    _store.Compact(drop: null);
                }
            }
        }

        void AssertHolds(RecordStore<LargeRecord, long, LargeRecord.Put> store, Dictionary<int, long> expected)
        {
            for (var key = 0; key < _keys; key++)
            {
                var found = store.TryRead(LargeRecord.Key(key), out var record) ? record.At : 0;
                if (found != expected.GetValueOrDefault(key) || (found != 0 && record.Filler[125] != ~found))
                {
                    Assert.Fail($"seed {seed}, key {key}: {found} instead of {expected.GetValueOrDefault(key)}");
                }
            }
        }

        static void CopyFiles(string from, string to)
        {
            Directory.CreateDirectory(to);
            foreach (var file in Directory.EnumerateFiles(from))
            {
                File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
            }
        }
    }
}
