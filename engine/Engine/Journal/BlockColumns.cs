using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// The events of a block by columns, as they are stored since block version 6: like is beside like, which LZ4 compresses to two thirds in a third of
/// the time. First the lengths of all columns but the last (4 bytes each, little-endian); then the columns:
/// <list type="number">
/// <item>numbers: the heads of the runs, and of each event everything but what follows;</item>
/// <item>lengths: of each text its length and, if that is not 0, how many bytes it shares with the text of its kind before it that was not empty; of a
/// meta the length alone;</item>
/// <item>texts, from which the shared bytes are missing: event ids, carts, users, sessions, products; and metas, whole.</item>
/// </list>
/// One thread at a time.
/// </summary>
sealed class BlockColumns
{
    /// <summary>The number of columns.</summary>
    public const int Count = 8;

    /// <summary>The place of <see cref="Ids"/>, the first column of texts.</summary>
    public const int FirstText = 2;

    /// <summary>The number of columns whose texts lack what they share with the one before.</summary>
    public const int Shared = 5;

    /// <summary>The bytes before the columns.</summary>
    public const int HeaderSize = (Count - 1) * sizeof(int);

    // A length and a number of shared bytes for each text, and a meta's length.
    const int LengthsOfEvent = (2 * Shared) + 5;

    readonly TextColumn[] _texts = [new(), new(), new(), new(), new(), new()];
    byte[] _numbers = [];
    byte[] _lengths = [];

    /// <summary>Bytes in the column of numbers. Set by whoever writes to <see cref="Numbers"/>.</summary>
    public int NumbersLength { get; set; }

    /// <summary>Bytes in the column of lengths. Set by whoever writes to <see cref="Lengths"/>.</summary>
    public int LengthsLength { get; set; }

    /// <summary>The room for more numbers.</summary>
    public Span<byte> Numbers => _numbers.AsSpan(NumbersLength);

    /// <summary>The room for more lengths.</summary>
    public Span<byte> Lengths => _lengths.AsSpan(LengthsLength);

    /// <summary>The columns of texts: those below, in their order.</summary>
    public ReadOnlySpan<TextColumn> Texts => _texts;

    /// <summary>Event ids.</summary>
    public TextColumn Ids => _texts[0];

    public TextColumn Carts => _texts[1];

    public TextColumn Users => _texts[2];

    public TextColumn Sessions => _texts[3];

    public TextColumn Products => _texts[4];

    public TextColumn Metas => _texts[5];

    /// <summary>Bytes of all columns, with what is before them.</summary>
    public int Length
    {
        get
        {
            var length = HeaderSize + NumbersLength + LengthsLength;
            foreach (var column in _texts)
            {
                length += column.Length;
            }

            return length;
        }
    }

    /// <summary>Removes all events.</summary>
    public void Clear()
    {
        NumbersLength = LengthsLength = 0;
        foreach (var column in _texts)
        {
            column.Clear();
        }
    }

    /// <summary>Makes room for events.</summary>
    /// <param name="numbers">Bytes of numbers, at most.</param>
    /// <param name="events">The number of events.</param>
    /// <param name="texts">Bytes of their texts.</param>
    public void Reserve(int numbers, int events, in TextLengths texts)
    {
        Grow(ref _numbers, NumbersLength + numbers);
        Grow(ref _lengths, LengthsLength + (events * LengthsOfEvent));
        for (var i = 0; i < _texts.Length; i++)
        {
            _texts[i].Reserve(texts[i]);
        }
    }

    /// <summary>Writes the columns.</summary>
    /// <param name="target">At least <see cref="Length"/> bytes.</param>
    public void WriteTo(Span<byte> target)
    {
        var heads = target;
        var rest = target[HeaderSize..];
        Write(_numbers.AsSpan(0, NumbersLength), ref heads, ref rest);
        Write(_lengths.AsSpan(0, LengthsLength), ref heads, ref rest);
        foreach (var column in _texts.AsSpan(0, _texts.Length - 1))
        {
            Write(column.Bytes, ref heads, ref rest);
        }

        Metas.Bytes.CopyTo(rest);
    }

    static void Write(ReadOnlySpan<byte> column, ref Span<byte> heads, ref Span<byte> rest)
    {
        BinaryPrimitives.WriteInt32LittleEndian(heads, column.Length);
        column.CopyTo(rest);
        heads = heads[sizeof(int)..];
        rest = rest[column.Length..];
    }

    static void Grow(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            Array.Resize(ref buffer, Math.Max(length, 2 * buffer.Length));
        }
    }

    /// <summary>The bytes of each column of texts, in their order.</summary>
    [InlineArray(Shared + 1)]
    public struct TextLengths
    {
        int _first;
    }
}
