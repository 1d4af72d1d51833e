using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CartRecovery.Engine.Events.Slabs;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// The texts of one kind in a block: each without the bytes that it shares with the one before (front coding). One thread at a time.
/// </summary>
sealed class TextColumn
{
    // Texts up to this length are compared and copied with one vector each.
    const int Width = 32;

    readonly byte[] _before = new byte[EventSlab.MaxIdLength + Width];
    byte[] _bytes = [];
    int _beforeLength;

    /// <summary>The number of bytes.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Removes all texts.</summary>
    public void Clear() => Length = _beforeLength = 0;

    /// <summary>Makes room for texts of this length together.</summary>
    public void Reserve(int length)
    {
        if (_bytes.Length < Length + length + Width)
        {
            Array.Resize(ref _bytes, Math.Max(Length + length + Width, 2 * _bytes.Length));
        }
    }

    /// <summary>Adds a text, for which there is room.</summary>
    /// <param name="from">The text, and whatever bytes follow it.</param>
    /// <param name="length">The text's length: 1 to <see cref="EventSlab.MaxIdLength"/>.</param>
    /// <returns>The number of bytes that it shares with the text before.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte Add(ReadOnlySpan<byte> from, int length)
    {
        if (length > Width || from.Length < 2 * Width)
        {
            return AddLong(from[..length]);
        }

        ref var text = ref MemoryMarshal.GetReference(from);
        ref var before = ref MemoryMarshal.GetArrayDataReference(_before);
        var now = Vector256.LoadUnsafe(ref text);
        var different = ~Vector256.Equals(now, Vector256.LoadUnsafe(ref before)).ExtractMostSignificantBits();
        var shared = Math.Min(BitOperations.TrailingZeroCount(different), Math.Min(length, _beforeLength));
        now.StoreUnsafe(ref before);
        _beforeLength = length;
        Vector256.LoadUnsafe(ref text, (nuint)shared).StoreUnsafe(ref _bytes[Length]);
        Length += length - shared;
        return (byte)shared;
    }

    /// <summary>Adds a text as it is, for which there is room.</summary>
    public void AddWhole(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_bytes.AsSpan(Length));
        Length += text.Length;
    }

    byte AddLong(ReadOnlySpan<byte> text)
    {
        var shared = text.CommonPrefixLength(_before.AsSpan(0, _beforeLength));
        text.CopyTo(_before);
        _beforeLength = text.Length;
        AddWhole(text[shared..]);
        return (byte)shared;
    }
}
