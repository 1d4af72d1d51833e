namespace CartRecovery.Engine.Events.Slabs;

/// <summary>A growing buffer of UTF-8 text. Keeps its memory until it is freed.</summary>
sealed class TextBuffer
{
    const int MinCapacity = 256;

    byte[] _bytes = [];

    /// <summary>Number of bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Number of bytes allocated.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Written text.</summary>
    public Span<byte> Text => _bytes.AsSpan(0, Length);

    /// <summary>The number of numbers that JSON lacks (NaN and infinities) and that were replaced.</summary>
    public int ReplacedNumbers { get; set; }

    /// <summary>Whether they are replaced by a number that is out of every range, so that a reader finds them; else by null.</summary>
    public bool MarksReplacedNumbers { get; init; }

    /// <summary>Returns room for at least this many more bytes.</summary>
    public Span<byte> Reserve(int more)
    {
        if (_bytes.Length - Length < more)
        {
            Array.Resize(ref _bytes, Math.Max(MinCapacity, 2 * (Length + more)));
        }

        return _bytes.AsSpan(Length);
    }

    /// <summary>Advances past bytes written to the reserved room.</summary>
    public void Advance(int written) => Length += written;

    public void Write(byte one)
    {
        Reserve(1)[0] = one;
        Length++;
    }

    public void Write(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Reserve(text.Length));
        Length += text.Length;
    }

    /// <summary>Removes everything after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Releases the memory.</summary>
    public void Free() => (_bytes, Length) = ([], 0);
}
