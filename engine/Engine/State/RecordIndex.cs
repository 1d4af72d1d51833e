using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CartRecovery.Primitives;
using FASTER.core;

namespace CartRecovery.Engine.State;

/// <summary>
/// Reads FASTER's index. Prefetches the memory that an operation on a key will access: first the key's bucket, later the record that the
/// bucket names. Finds records in memory without FASTER's own operations, which reserve and clear kilobytes of stack for records on
/// disk. FASTER has no API for this: the layout is that of FASTER 2.6.5, and with any other there is no such index.
/// </summary>
/// <typeparam name="TRecord">The store's record type.</typeparam>
sealed unsafe class RecordIndex<TRecord>
    where TRecord : unmanaged
{
    // FASTER's Constants: a bucket is a cache line of eight words, the last of which links to an overflow bucket. A word holds 48 bits of
    // address and 14 bits of the key's hash.
    const int Entries = 7;
    const int HashTagShift = 50;
    const int TagShift = 48;
    const ulong TagMask = 0x3fff;
    const ulong AddressMask = (1UL << TagShift) - 1;

    // The size of a record's header and key.
    const int BeforeValue = 24;

    // FASTER's RecordInfo above the previous address: locks, tombstone, valid, sealed. Of a record in use only the valid bit is set.
    const int FlagsShift = 48;
    const ulong Flags = 0x7ff;
    const ulong OnlyValid = 1UL << 8;

    readonly LogAccessor<Hash128, TRecord> _log;
    readonly ulong* _buckets;
    readonly ulong _bucketMask;
    readonly long* _pages;
    readonly int _pageBits;
    readonly long _pageMask;

    RecordIndex(LogAccessor<Hash128, TRecord> log, nint buckets, long count, nint pages, int pageBits)
    {
        _log = log;
        _buckets = (ulong*)buckets;
        _bucketMask = (ulong)count - 1;
        _pages = (long*)pages;
        _pageBits = pageBits;
        _pageMask = log.BufferSize - 1;
    }

    /// <summary>Finds a store's index.</summary>
    /// <param name="store">The store.</param>
    /// <param name="pageBits">The size of a log page is 2 to this power, in bytes.</param>
    /// <returns>Null if the index does not have the expected layout.</returns>
    public static RecordIndex<TRecord>? For(FasterKV<Hash128, TRecord> store, int pageBits)
    {
        if (!(TryFindIndex(store, out var buckets, out var count) && buckets % CacheLine.Size == 0 && count == store.IndexSize
            && TryFindPages(store, out var pages) && BitOperations.IsPow2(store.Log.BufferSize)))
        {
            return null;
        }

        HugePages.Prepare(buckets, count * CacheLine.Size);
        return new RecordIndex<TRecord>(store.Log, buckets, count, pages, pageBits);
    }

    /// <summary>Prefetches the key's bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bucket(in Hash128 key) => CacheLine.Prefetch((nint)BucketOf(key));

    /// <summary>Prefetches the first lines of the key's record, if its bucket names it and it is in memory.</summary>
    /// <param name="key">The key; its bucket should already be in the cache.</param>
    /// <param name="lines">The number of cache lines.</param>
    /// <param name="also">Offsets in the record beyond them to prefetch; 0 for none.</param>
    public void Record(in Hash128 key, int lines, (int First, int Second, int Third) also)
    {
        var address = Find(key);
        if (address != 0)
        {
            for (var line = 0; line < lines; line++)
            {
                CacheLine.Prefetch(address + (line * CacheLine.Size));
            }

            Line(address, also.First);
            Line(address, also.Second);
            Line(address, also.Third);
        }
    }

    /// <summary>Finds the address in memory of the key's record, or of one with the same hash bits; 0 for none.</summary>
    public nint Find(in Hash128 key)
    {
        var address = (long)(WordOf(key, out _) & AddressMask);
        return address < _log.HeadAddress ? 0 : AddressOf(address);
    }

    /// <summary>Finds the key's record in memory, if no other record precedes it in its bucket's chain.</summary>
    /// <param name="key">The key.</param>
    /// <param name="isMutable"><see langword="true"/> to find only a record that may be modified where it is.</param>
    /// <param name="isMissing">Whether the store has no record of the key.</param>
    /// <returns>The record; a null reference if it is missing, or only FASTER can tell.</returns>
    public ref TRecord FindLatest(in Hash128 key, bool isMutable, out bool isMissing)
    {
        var address = (long)(WordOf(key, out isMissing) & AddressMask);
        if (address < (isMutable ? _log.ReadOnlyAddress : _log.HeadAddress))
        {
            return ref Unsafe.NullRef<TRecord>();
        }

        var record = (ulong*)AddressOf(address);
        return ref record is not null && ((record[0] >> FlagsShift) & Flags) == OnlyValid && record[1] == key.Low && record[2] == key.High
            ? ref *(TRecord*)((byte*)record + BeforeValue) : ref Unsafe.NullRef<TRecord>();
    }

    /// <summary>Returns the log from an address to the end of its page, as it is in memory; empty if it is not. The epoch keeps it there.</summary>
    public Span<byte> PageFrom(long address)
    {
        var start = AddressOf(address);
        return start == 0 || address < _log.HeadAddress ? [] : new Span<byte>((void*)start, (1 << _pageBits) - OffsetOf(address));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Line(nint address, int offset)
    {
        if (offset != 0)
        {
            CacheLine.Prefetch(address + BeforeValue + offset);
        }
    }

    // Returns 0 for a page that is not allocated.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    nint AddressOf(long address)
    {
        var page = _pages[(address >> _pageBits) & _pageMask];
        return page == 0 ? 0 : (nint)(page + OffsetOf(address));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int OffsetOf(long address) => (int)(address & ((1L << _pageBits) - 1));

    // Returns the bucket's word with the key's hash bits; 0 for none. An empty word has the bits of a few keys: then the result is 0 too.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ulong WordOf(in Hash128 key, out bool isMissing)
    {
        var bucket = BucketOf(key);
        var tag = Vector256.Create((key.Low >> HashTagShift) & TagMask);
        var tags = Vector256.Create(TagMask);
        var first = Vector256.Equals(Vector256.ShiftRightLogical(Vector256.Load(bucket), TagShift) & tags, tag).ExtractMostSignificantBits();
        var second = Vector256.Equals(Vector256.ShiftRightLogical(Vector256.Load(bucket + Vector256<ulong>.Count), TagShift) & tags, tag).ExtractMostSignificantBits();
        var place = BitOperations.TrailingZeroCount(first | (second << Vector256<ulong>.Count));
        isMissing = place >= Entries && (bucket[Entries] & AddressMask) == 0;
        return place < Entries ? bucket[place] : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ulong* BucketOf(in Hash128 key) => _buckets + ((key.Low & _bucketMask) * (Entries + 1));

    [DynamicDependency("state", typeof(FasterBase))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.NonPublicFields, "FASTER.core.InternalHashTable", "FASTER.core")]
    static bool TryFindIndex(FasterBase store, out nint buckets, out long count)
    {
        (buckets, count) = (0, 0);
        if (Field(typeof(FasterBase), "state", store) is not Array { Length: > 0 } tables || tables.GetValue(0) is not { } table
            || Field(table.GetType(), "tableAligned", table) is not Pointer aligned || Field(table.GetType(), "size", table) is not long size)
        {
            return false;
        }

        (buckets, count) = ((nint)Pointer.Unbox(aligned), size);
        return true;
    }

    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.NonPublicFields, "FASTER.core.FasterKV`2", "FASTER.core")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicFields | DynamicallyAccessedMemberTypes.NonPublicFields, "FASTER.core.BlittableAllocator`2", "FASTER.core")]
    static bool TryFindPages(FasterKV<Hash128, TRecord> store, out nint pages)
    {
        pages = 0;
        if (Field(typeof(FasterKV<Hash128, TRecord>), "hlog", store) is not { } log
            || Field(log.GetType(), "nativePointers", log) is not Pointer pointers)
        {
            return false;
        }

        pages = (nint)Pointer.Unbox(pointers);
        return true;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The callers' attributes keep the fields.")]
    static object? Field(Type type, string name, object owner) =>
        type.GetField(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)?.GetValue(owner);
}
