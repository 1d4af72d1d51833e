using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CartRecovery.Primitives;

/// <summary>
/// A large table of 64-bit words that begins where a line of the processor's cache does, and stays there: what is laid out in lines of eight words is
/// one load each, where an array of the runtime's would have them lie across two.
/// </summary>
sealed class LineTable
{
    /// <summary>Words of a line.</summary>
    public const int LineWords = CacheLine.Size / sizeof(ulong);

    readonly ulong[] _words;
    readonly int _first;

    /// <summary>A table of zeros.</summary>
    /// <param name="length">Its words.</param>
    public LineTable(int length)
    {
        Length = length;
        _words = GC.AllocateArray<ulong>(length + LineWords - 1, pinned: true);
        var address = Marshal.UnsafeAddrOfPinnedArrayElement(_words, 0);
        _first = (int)(-address & (CacheLine.Size - 1)) / sizeof(ulong);
        HugePages.Prepare(address, (long)_words.Length * sizeof(ulong));
    }

    /// <summary>Its words.</summary>
    public int Length { get; }

    /// <summary>The words, in their order.</summary>
    public Span<ulong> Words => _words.AsSpan(_first, Length);

    /// <summary>A word.</summary>
    public ref ulong this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _words[_first + index];
    }
}
