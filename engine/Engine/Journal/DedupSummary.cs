using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Tells which generations may contain a fingerprint, with one access to one cache line: nearly every event is new and would otherwise be
/// looked up in each generation. A line has a column of 128 bits per generation, a Bloom filter with four bits per fingerprint (Putze,
/// Sanders and Singler 2007). At the planned load, a column has a false positive rate of 1%. Derived from the generations' slots.
/// </summary>
/// <param name="lines">Size in lines of 64 bytes; a column is planned for eleven fingerprints per line.</param>
sealed class DedupSummary(int lines)
{
    /// <summary>Number of columns, and so the maximum number of generations.</summary>
    public const int Columns = 4;

    const int Words = LineTable.LineWords;

    readonly LineTable _words = new(lines * Words);

    /// <summary>Prefetches the line of a fingerprint.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(ulong fingerprint) => CacheLine.Prefetch(ref _words[LineOf(fingerprint)]);

    /// <summary>Returns the columns that may contain a fingerprint.</summary>
    /// <returns>Bit 2n for column n; 0 if none does.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint MayHold(ulong fingerprint)
    {
        var (first, second) = BitsOf(fingerprint);
        var sought = Vector256.Create(first, second, first, second);
        ref var line = ref _words[LineOf(fingerprint)];
        var low = Vector256.Equals(Vector256.LoadUnsafe(ref line) & sought, sought).ExtractMostSignificantBits();
        var high = Vector256.Equals(Vector256.LoadUnsafe(ref line, Words / 2) & sought, sought).ExtractMostSignificantBits();

        // A column matches if both of its words have all the bits.
        var words = low | (high << (Words / 2));
        return words & (words >> 1) & 0x55;
    }

    /// <summary>Adds a fingerprint to a column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int column, ulong fingerprint)
    {
        var (first, second) = BitsOf(fingerprint);
        ref var word = ref _words[LineOf(fingerprint) + (2 * column)];
        word |= first;
        Unsafe.Add(ref word, 1) |= second;
    }

    /// <summary>Adds all fingerprints of a generation's slots to a column.</summary>
    public void AddAll(int column, ReadOnlySpan<ulong> slots)
    {
        const int Ahead = 16;
        for (var i = 0; i < slots.Length; i++)
        {
            if (i + Ahead < slots.Length)
            {
                Prefetch(slots[i + Ahead]);
            }

            if (slots[i] != 0)
            {
                Add(column, slots[i]);
            }
        }
    }

    /// <summary>Empties a column.</summary>
    public void Clear(int column)
    {
        for (var i = 2 * column; i < _words.Length; i += Words)
        {
            _words[i] = _words[i + 1] = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    int LineOf(ulong fingerprint) => (int)Math.BigMul(fingerprint, (ulong)(_words.Length / Words), out _) * Words;

    // The high bits select the line, the low ones the bits in it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (ulong First, ulong Second) BitsOf(ulong fingerprint) =>
        ((1UL << (int)(fingerprint & 63)) | (1UL << (int)((fingerprint >> 6) & 63)),
        (1UL << (int)((fingerprint >> 12) & 63)) | (1UL << (int)((fingerprint >> 18) & 63)));
}
