using BenchmarkDotNet.Attributes;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Events.Slabs;
using CartRecovery.Engine.Journal;
using CartRecovery.Primitives;

namespace CartRecovery.Bench.Stages;

/// <summary>Looks up events in a deduplication window of ten million ids, far larger than the CPU cache.</summary>
[MemoryDiagnoser]
public class DedupBenchmarks
{
    const int Held = 10_000_000;
    const int Slabs = 64;
    internal const int Count = Slabs * EventSlab.Capacity;
    const long At = 1_732_095_600_000;

    readonly EventSlab[] _slabs = [.. Enumerable.Range(0, Slabs).Select(_ => new EventSlab { ReceivedAt = At, Count = EventSlab.Capacity })];
    DedupWindow _window = null!;
    ulong _next;

    [GlobalSetup]
    public void Setup()
    {
        _window = new DedupWindow(192 << 20, TimeSpan.FromHours(1));
        while (_window.Count < Held)
        {
            New();
        }
    }

    /// <returns>Duplicates found.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int New()
    {
        foreach (var slab in _slabs)
        {
            for (var i = 0; i < slab.Count; i++)
            {
                Name(ref slab.Records[i], _next++);
            }
        }

        return _slabs.Sum(_window.MarkDuplicates);
    }

    /// <returns>Duplicates found.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int Known()
    {
        foreach (var slab in _slabs)
        {
            for (var i = 0; i < slab.Count; i++)
            {
                Name(ref slab.Records[i], _next - 1 - (ulong)Random.Shared.NextInt64(Held / 2));
            }
        }

        return _slabs.Sum(_window.MarkDuplicates);
    }

    /// <summary>One at a time, so that memory accesses do not overlap.</summary>
    /// <returns>New events.</returns>
    [Benchmark(OperationsPerInvoke = Count)]
    public int NewOneByOne()
    {
        var added = 0;
        var record = default(EventRecord);
        for (var i = 0; i < Count; i++)
        {
            Name(ref record, _next++);
            added += _window.TryAdd(record.Id, record.Cart, At) ? 1 : 0;
        }

        return added;
    }

    // Hashes a number, without the cost of hashing a text.
    static void Name(ref EventRecord record, ulong number)
    {
        record.Id = new Hash128(number * 0x9E3779B97F4A7C15, number * 0xD1B54A32D192ED03);
        record.Cart = new Hash128((number & 0xfffff) * 0x9E3779B97F4A7C15, number & 0xfffff);
    }
}
