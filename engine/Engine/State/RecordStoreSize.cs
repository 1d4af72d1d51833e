using System.Numerics;

namespace CartRecovery.Engine.State;

/// <summary>The memory size of a <see cref="RecordStore{TRecord, TInput, TUpdate}"/>, in the powers of two that FASTER requires.</summary>
/// <param name="LogBits">The in-memory log is 2 to this power bytes.</param>
/// <param name="PageBits">A log page is 2 to this power bytes.</param>
/// <param name="Buckets">The number of index buckets, of 64 bytes and seven entries each.</param>
public readonly record struct RecordStoreSize(int LogBits, int PageBits, long Buckets)
{
    // 2 MB: a page is allocated and cleared while events wait.
    const int MaxPageBits = 21;

    /// <summary>Total size in bytes.</summary>
    public long Bytes => (1L << LogBits) + (Buckets * 64);

    /// <summary>Computes the largest size whose log fits <paramref name="budget"/> bytes, with an index for its records.</summary>
    public static RecordStoreSize For(long budget, int recordBytes)
    {
        var logBits = Math.Clamp(BitOperations.Log2((ulong)Math.Max(budget, 1)), 20, 40);
        var records = (1L << logBits) / (recordBytes + 24);
        return new RecordStoreSize(logBits, Math.Clamp(logBits - 5, 14, MaxPageBits), (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(records / 4, 64)));
    }
}
