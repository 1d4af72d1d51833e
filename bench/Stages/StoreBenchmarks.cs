using BenchmarkDotNet.Attributes;
using CartRecovery.Engine.State;
using CartRecovery.Engine.State.Carts;
using CartRecovery.Primitives;

namespace CartRecovery.Bench.Stages;

/// <summary>
/// Updates cart records in FASTER in random order, with and without prefetching and entering FASTER's epoch once,
/// as the engine does.
/// </summary>
[MemoryDiagnoser]
public class StoreBenchmarks
{
    internal const int Count = 262_144;
    const int Ahead = 8;

    readonly string _folder = Directory.CreateTempSubdirectory("cartrecovery-bench").FullName;
    RecordStore<CartRecord, int, Touch> _store = null!;
    Hash128[] _keys = null!;

    /// <summary>Carts in the store.</summary>
    [Params(10_000, 1_000_000)]
    public int Carts { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _store = new(Path.Combine(_folder, "carts"), RecordStoreSize.For(2L << 30, 960), default);
        var carts = Enumerable.Range(0, Carts).Select(i => Hash128.Of(BitConverter.GetBytes(i), seed: 1)).ToArray();
        var random = new Random(1);
        _keys = [.. Enumerable.Range(0, Count).Select(_ => carts[random.Next(Carts)])];
        foreach (var cart in carts)
        {
            var input = 0;
            _store.Update(cart, ref input);
        }

        var before = Sum();
        Expected();
        Unexpected();
        if (Sum() - before != 2 * _keys.Length)
        {
            throw new InvalidOperationException("not every change was made");
        }

        long Sum() => carts.Sum(cart => _store.TryRead(cart, out var record) ? (long)record.EventCount : 0);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <returns>Changes made.</returns>
    [Benchmark(Baseline = true, OperationsPerInvoke = Count)]
    public int Unexpected()
    {
        foreach (ref readonly var key in _keys.AsSpan())
        {
            var input = 0;
            _store.Update(key, ref input);
        }

        return _keys.Length;
    }

    /// <returns>Changes made.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int Expected()
    {
        _store.Enter();
        for (var i = 0; i < _keys.Length; i++)
        {
            _store.PrefetchBucket(_keys[Math.Min(i + (2 * Ahead), _keys.Length - 1)]);
            _store.PrefetchRecord(_keys[Math.Min(i + Ahead, _keys.Length - 1)], 8);
            var input = 0;
            _store.Update(_keys[i], ref input);
        }

        _store.Exit();
        return _keys.Length;
    }

    // The parts that a fold touches: timestamps, counters and lines.
    readonly struct Touch : IRecordUpdate<CartRecord, int>
    {
        public bool MayCreate(in int input) => true;

        public void Apply(ref CartRecord record, ref int input)
        {
            record.LastAt++;
            record.Value++;
            record.EventCount++;
            record.Counts[2]++;
            record.Lines[0].Units++;
        }
    }
}
