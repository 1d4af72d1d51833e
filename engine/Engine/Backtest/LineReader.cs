namespace CartRecovery.Engine.Backtest;

/// <summary>
/// Reads a stream's lines as bytes, without line ends. A line that is too long is truncated, so that it is not a valid event.
/// </summary>
/// <param name="content">The stream to read.</param>
/// <param name="longest">Maximum length of a line, in bytes.</param>
sealed class LineReader(Stream content, int longest)
{
    readonly byte[] _buffer = new byte[Math.Max(1 << 20, 2 * longest)];
    int _start;
    int _end;
    bool _isAtEnd;

    /// <summary>Number of the last line read, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Reads the next line.</summary>
    /// <param name="line">The line; valid until the next read.</param>
    /// <returns><see langword="false"/> at the end.</returns>
    public bool TryNext(out ReadOnlySpan<byte> line)
    {
        Number++;
        var length = LengthOfLine();
        line = _buffer.AsSpan(_start, Math.Min(length, longest + 1));
        if (_isAtEnd && length == 0 && _start == _end)
        {
            return false;
        }

        _start = Math.Min(_start + length + 1, _end);
        line = line.TrimEnd((byte)'\r');
        return true;
    }

    // Returns the line without its end, reading on until the end is in the buffer.
    int LengthOfLine()
    {
        var seen = 0;
        while (true)
        {
            var at = _buffer.AsSpan(_start + seen, _end - _start - seen).IndexOf((byte)'\n');
            if (at >= 0)
            {
                return seen + at;
            }

            seen = _end - _start;
            if (_isAtEnd)
            {
                return seen;
            }

            if (seen > longest)
            {
                SkipLine();
                return longest + 1;
            }

            Fill();
        }
    }

    void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        var read = content.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _isAtEnd = read == 0;
    }

    // Keeps the beginning of the line and what follows it.
    void SkipLine()
    {
        var kept = longest + 1;
        _buffer.AsSpan(_start, kept).CopyTo(_buffer);
        _start = 0;
        while (true)
        {
            var read = content.Read(_buffer, kept, _buffer.Length - kept);
            var at = _buffer.AsSpan(kept, read).IndexOf((byte)'\n');
            if (read == 0 || at >= 0)
            {
                _buffer.AsSpan(kept + Math.Max(at, 0), read - Math.Max(at, 0)).CopyTo(_buffer.AsSpan(kept));
                _end = kept + read - Math.Max(at, 0);
                _isAtEnd = read == 0;
                return;
            }
        }
    }
}
