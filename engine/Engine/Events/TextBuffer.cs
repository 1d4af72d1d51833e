namespace CartRecovery.Engine.Events;

/// <summary>Text in UTF-8 that grows at its end. Reused: it keeps its memory until that is taken from it.</summary>
sealed class TextBuffer
{
    const int Smallest = 256;

    byte[] _bytes = [];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes held.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>What was written.</summary>
    public Span<byte> Text => _bytes.AsSpan(0, Length);

    /// <summary>Room behind what was written, for so many bytes or more.</summary>
    public Span<byte> Reserve(int more)
    {
        if (_bytes.Length - Length < more)
        {
            Array.Resize(ref _bytes, Math.Max(Smallest, 2 * (Length + more)));
        }

        return _bytes.AsSpan(Length);
    }

    /// <summary>So many bytes were written to what was reserved.</summary>
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

    /// <summary>Takes back what was written behind the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Gives the memory back.</summary>
    public void Free() => (_bytes, Length) = ([], 0);
}
