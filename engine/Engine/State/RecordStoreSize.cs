using System.Numerics;

namespace CartRecovery.Engine.State;

/// <summary>How much memory a <see cref="RecordStore{TRecord, TInput, TUpdate}"/> takes: powers of two, as FASTER wants them.</summary>
/// <param name="LogBits">The log in memory is 2 to this power bytes.</param>
/// <param name="PageBits">A page of it is 2 to this power bytes.</param>
/// <param name="Buckets">Buckets of the index, of 64 bytes and seven entries each.</param>
public readonly record struct RecordStoreSize(int LogBits, int PageBits, long Buckets)
{
    // 2 MB: a page is made, and cleared, while events wait.
    const int MostPageBits = 21;

    /// <summary>The bytes it takes.</summary>
    public long Bytes => (1L << LogBits) + (Buckets * 64);

    /// <summary>The largest size whose log fits in <paramref name="budget"/> bytes, and an index for the records that fit in it.</summary>
    public static RecordStoreSize For(long budget, int recordBytes)
    {
        var logBits = Math.Clamp(BitOperations.Log2((ulong)Math.Max(budget, 1)), 20, 40);
        var records = (1L << logBits) / (recordBytes + 24);
        return new RecordStoreSize(logBits, Math.Clamp(logBits - 5, 14, MostPageBits), (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(records / 4, 64)));
    }
}
