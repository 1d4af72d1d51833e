using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// A hash table of fingerprints in buckets of one cache line, with linear probing by bucket: an empty slot ends a search. Entries are never
/// removed.
/// </summary>
sealed class DedupGeneration
{
    public const int Bucket = LineTable.LineWords;

    /// <summary>Maximum number of slots.</summary>
    public static readonly int MaxSlots = Array.MaxLength - 64;

    // At the load limit a crowded stretch is some tens of buckets long; longer ones come from crafted ids.
    const int MaxProbe = 64;

    readonly LineTable _slots;
    readonly ulong _buckets;
    int _holds;

    public DedupGeneration(LineTable slots, long number, long openedAt)
    {
        _slots = slots;
        _buckets = (ulong)(slots.Length / Bucket);
        Number = number;
        OpenedAt = openedAt;
    }

    /// <summary>The generation's number, from 1.</summary>
    public long Number { get; }

    /// <summary>Earliest time an id was added (ms since 1970 UTC).</summary>
    public long OpenedAt { get; }

    /// <summary>Number of fingerprints.</summary>
    public int Count { get; set; }

    public LineTable Slots => _slots;

    /// <summary><see langword="true"/> while a snapshot reads it: its slots must not be reused.</summary>
    public bool IsHeld => Volatile.Read(ref _holds) > 0;

    public void Hold() => Interlocked.Increment(ref _holds);

    public void Release() => Interlocked.Decrement(ref _holds);

    /// <summary>Prefetches the first bucket <see cref="Contains"/> reads, which is usually the only one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong position) => CacheLine.Prefetch(ref _slots[HomeOf(position)]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(ulong position, ulong fingerprint)
    {
        var at = HomeOf(position);
        for (var probe = 0; probe < MaxProbe; probe++)
        {
            ref var first = ref _slots[at];
            if (IsIn(ref first, fingerprint))
            {
                return true;
            }

            // A bucket fills from its first slot.
            if (Unsafe.Add(ref first, Bucket - 1) == 0)
            {
                return false;
            }

            at = at + Bucket == _slots.Length ? 0 : at + Bucket;
        }

        return false;
    }

    /// <summary>Adds a fingerprint that is not in the table. If its stretch is overfull, it replaces another one there.</summary>
    /// <returns><see langword="false"/> if another fingerprint was replaced.</returns>
    public bool Add(ulong position, ulong fingerprint)
    {
        var home = HomeOf(position);
        var at = home;
        for (var probe = 0; probe < MaxProbe; probe++)
        {
            for (var i = at; i < at + Bucket; i++)
            {
                if (_slots[i] == 0)
                {
                    _slots[i] = fingerprint;
                    Count++;
                    return true;
                }
            }

            at = at + Bucket == _slots.Length ? 0 : at + Bucket;
        }

        _slots[home + (int)(fingerprint & (Bucket - 1))] = fingerprint;
        return false;
    }

    /// <summary>Writes, per 64 slots, a mask of those in use and their fingerprints.</summary>
    public static void Write(Stream stream, ReadOnlySpan<ulong> slots)
    {
        Span<ulong> block = stackalloc ulong[65];
        for (var start = 0; start < slots.Length; start += 64)
        {
            var count = 0;
            block[0] = 0;
            var part = slots[start..Math.Min(start + 64, slots.Length)];
            for (var i = 0; i < part.Length; i++)
            {
                if (part[i] != 0)
                {
                    block[0] |= 1UL << i;
                    block[++count] = part[i];
                }
            }

            stream.Write(MemoryMarshal.AsBytes(block[..(count + 1)]));
        }
    }

    /// <summary>Reads the format of <see cref="Write"/> into an empty table.</summary>
    public void Read(Stream stream)
    {
        Span<ulong> block = stackalloc ulong[64];
        for (var start = 0; start < _slots.Length; start += 64)
        {
            stream.ReadExactly(MemoryMarshal.AsBytes(block[..1]));
            var mask = block[0];
            var values = block[..BitOperations.PopCount(mask)];
            stream.ReadExactly(MemoryMarshal.AsBytes(values));
            foreach (var value in values)
            {
                var slot = start + BitOperations.TrailingZeroCount(mask);
                if (slot >= _slots.Length || value == 0)
                {
                    throw new InvalidDataException("the event ids are inconsistent");
                }

                _slots[slot] = value;
                mask &= mask - 1;
                Count++;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int HomeOf(ulong position) => (int)Math.BigMul(position, _buckets, out _) * Bucket;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool IsIn(ref ulong bucket, ulong fingerprint)
    {
        var sought = Vector128.Create(fingerprint);
        return (Vector128.Equals(Vector128.LoadUnsafe(ref bucket), sought)
            | Vector128.Equals(Vector128.LoadUnsafe(ref bucket, 2), sought)
            | Vector128.Equals(Vector128.LoadUnsafe(ref bucket, 4), sought)
            | Vector128.Equals(Vector128.LoadUnsafe(ref bucket, 6), sought)) != Vector128<ulong>.Zero;
    }
}
