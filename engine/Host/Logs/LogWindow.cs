using System.Text;

namespace CartRecovery.Host.Logs;

/// <summary>The whole lines of a part of a file.</summary>
sealed class LogWindow
{
    const byte NewLine = (byte)'\n';
    const int MaxFirst = 16 << 10;

    readonly ReadOnlyMemory<byte> _bytes;

    LogWindow(ReadOnlyMemory<byte> bytes, long begin)
    {
        _bytes = bytes;
        Begin = begin;
    }

    /// <summary>Where the first whole line begins: the end of the window before this one.</summary>
    public long Begin { get; }

    /// <summary>Reads the first line of a file; null if it has no whole one, or a long one.</summary>
    public static string? FirstLine(FileStream file)
    {
        var bytes = new byte[MaxFirst];
        file.Position = 0;
        var end = Array.IndexOf(bytes, NewLine, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        return end < 0 ? null : Encoding.UTF8.GetString(bytes, 0, end);
    }

    /// <summary>Reads the lines before an offset.</summary>
    /// <param name="file">The file.</param>
    /// <param name="end">The end of a line, or of the file; a last line that is not ended yet is no line.</param>
    /// <param name="buffer">Holds the window until the next one. A longer line is left out.</param>
    public static LogWindow Read(FileStream file, long end, byte[] buffer)
    {
        var begin = Math.Max(0, end - buffer.Length);
        file.Position = begin;
        var read = file.ReadAtLeast(buffer.AsSpan(0, (int)(end - begin)), (int)(end - begin), throwOnEndOfStream: false);
        if (begin == 0)
        {
            return new LogWindow(buffer.AsMemory(0, read), 0);
        }

        var first = Array.IndexOf(buffer, NewLine, 0, Math.Max(0, read - 1));
        return first < 0 ? new LogWindow(default, begin) : new LogWindow(buffer.AsMemory(first + 1, read - first - 1), begin + first + 1);
    }

    /// <summary>Returns the lines and where they begin, the last first.</summary>
    public IEnumerable<(long Offset, ReadOnlyMemory<byte> Line)> Backwards()
    {
        var end = _bytes.Span.LastIndexOf(NewLine);
        while (end > 0)
        {
            var before = _bytes.Span[..end].LastIndexOf(NewLine);
            yield return (Begin + before + 1, _bytes[(before + 1)..end]);
            end = before;
        }
    }
}
