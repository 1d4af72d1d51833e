using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CartRecovery.Primitives;

/// <summary>
/// A large table of 64-bit words that is pinned and aligned to a cache line, so that each group of eight words takes one load. A plain
/// array may straddle two lines.
/// </summary>
sealed class LineTable
{
    /// <summary>Words per line.</summary>
    public const int LineWords = CacheLine.Size / sizeof(ulong);

    readonly ulong[] _words;
    readonly int _first;

    /// <summary>Creates a table of zeros.</summary>
    /// <param name="length">The number of words.</param>
    public LineTable(int length)
    {
        Length = length;
        _words = GC.AllocateArray<ulong>(length + LineWords - 1, pinned: true);
        var address = Marshal.UnsafeAddrOfPinnedArrayElement(_words, 0);
        _first = (int)(-address & (CacheLine.Size - 1)) / sizeof(ulong);
        HugePages.Prepare(address, (long)_words.Length * sizeof(ulong));
    }

    /// <summary>Number of words.</summary>
    public int Length { get; }

    /// <summary>All words in order.</summary>
    public Span<ulong> Words => _words.AsSpan(_first, Length);

    /// <summary>A reference to a word.</summary>
    public ref ulong this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _words[_first + index];
    }
}
