using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// A table of fingerprints in buckets of a cache line: a fingerprint lies in the first bucket from its own on that had room, so whoever
/// finds an empty slot need not look further. Nothing is ever taken out.
/// </summary>
sealed class DedupGeneration
{
    public const int Bucket = LineTable.LineWords;

    /// <summary>The most that a table has.</summary>
    public static readonly int MostSlots = Array.MaxLength - 64;

    // A crowded stretch of a table that is full to its limit is some tens of buckets long; more than this is somebody who makes up ids.
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

    /// <summary>Counts up from 1.</summary>
    public long Number { get; }

    /// <summary>When the first id may have come into it.</summary>
    public long OpenedAt { get; }

    /// <summary>Fingerprints in it.</summary>
    public int Count { get; set; }

    public LineTable Slots => _slots;

    /// <summary>A snapshot reads it: its slots are not to be used for anything else.</summary>
    public bool IsHeld => Volatile.Read(ref _holds) > 0;

    public void Hold() => Interlocked.Increment(ref _holds);

    public void Release() => Interlocked.Decrement(ref _holds);

    /// <summary>Asks for the bucket that <see cref="Contains"/> will look at first, which in most cases is the only one.</summary>
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

            // A bucket fills from its first slot on.
            if (Unsafe.Add(ref first, Bucket - 1) == 0)
            {
                return false;
            }

            at = at + Bucket == _slots.Length ? 0 : at + Bucket;
        }

        return false;
    }

    /// <summary>Puts a fingerprint in that is not in it. Where its stretch is crowded beyond measure, another one there is forgotten.</summary>
    /// <returns>False when one was forgotten.</returns>
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

    /// <summary>For each 64 slots a mask of those in use, and their fingerprints.</summary>
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

    /// <summary>Reads what <see cref="Write"/> wrote into slots that are all empty.</summary>
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
                    throw new InvalidDataException("the ids that were seen do not hang together");
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
