using System.Buffers.Binary;
using System.Globalization;
using CartRecovery.Primitives;
using Microsoft.Win32.SafeHandles;

namespace CartRecovery.Engine.Journal;

/// <summary>Stores a journal's segments as files of a folder. A thread of its own writes them.</summary>
public sealed class FileJournalDevice : JournalDevice
{
    /// <summary>The name of the file with the address before which everything was durable.</summary>
    public const string MarkName = "durable";

    const string Extension = ".journal";

    // The address and the CRC-32C of its bytes, little-endian.
    const int MarkSize = sizeof(long) + sizeof(uint);

    static readonly TimeSpan s_maxPause = TimeSpan.FromSeconds(1);

    readonly string _folder;
    readonly Dictionary<int, SafeFileHandle> _written = [];
    readonly object _signal = new();
    readonly Thread? _writer;
    SafeFileHandle? _mark;
    bool _wanted;
    bool _stopping;

    /// <summary>Opens a folder.</summary>
    /// <param name="folder">The folder; created if it does not exist and <paramref name="readOnly"/> is false.</param>
    /// <param name="readOnly"><see langword="true"/> if nothing will be written.</param>
    public FileJournalDevice(string folder, bool readOnly = false)
        : base(folder)
    {
        _folder = folder;
        if (!readOnly)
        {
            Directory.CreateDirectory(folder);
            _writer = new Thread(Run) { Name = $"journal {Path.GetFileName(folder)}", IsBackground = true };
            _writer.Start();
        }
    }

    /// <summary>Returns the path of a segment's file.</summary>
    public string FileOf(int segment) => Path.Combine(_folder, segment.ToString("D10", CultureInfo.InvariantCulture) + Extension);

    /// <inheritdoc/>
    public override IReadOnlyList<int> Segments()
    {
        var segments = new List<int>();
        if (Directory.Exists(_folder))
        {
            foreach (var file in Directory.EnumerateFiles(_folder, "*" + Extension))
            {
                if (int.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var segment))
                {
                    segments.Add(segment);
                }
            }
        }

        segments.Sort();
        return segments;
    }

    /// <inheritdoc/>
    public override int Read(int segment, long offset, Span<byte> bytes)
    {
        try
        {
            using var file = File.OpenHandle(FileOf(segment), share: FileShare.ReadWrite | FileShare.Delete);
            var total = 0;
            while (total < bytes.Length)
            {
                var read = RandomAccess.Read(file, bytes[total..], offset + total);
                if (read == 0)
                {
                    break;
                }

                total += read;
            }

            return total;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0;
        }
    }

    /// <inheritdoc/>
    public override long DurableMark
    {
        get
        {
            Span<byte> mark = stackalloc byte[MarkSize];
            try
            {
                using var file = File.OpenHandle(Path.Combine(_folder, MarkName), share: FileShare.ReadWrite | FileShare.Delete);
                return RandomAccess.Read(file, mark, 0) == MarkSize && BinaryPrimitives.ReadUInt32LittleEndian(mark[sizeof(long)..]) == Crc32C.Of(mark[..sizeof(long)])
                    ? BinaryPrimitives.ReadInt64LittleEndian(mark) : 0;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return 0;
            }
        }
    }

    /// <inheritdoc/>
    public override void MarkDurable(long address)
    {
        Span<byte> mark = stackalloc byte[MarkSize];
        BinaryPrimitives.WriteInt64LittleEndian(mark, address);
        BinaryPrimitives.WriteUInt32LittleEndian(mark[sizeof(long)..], Crc32C.Of(mark[..sizeof(long)]));
        try
        {
            _mark ??= File.OpenHandle(Path.Combine(_folder, MarkName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            RandomAccess.Write(_mark, mark, 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An older mark tells less, and nothing wrong.
        }
    }

    /// <inheritdoc/>
    public override string RedoFile => Path.Combine(_folder, "rewritten");

    /// <inheritdoc/>
    public override void Overwrite(int segment, IReadOnlyList<(long Offset, ReadOnlyMemory<byte> Bytes)> parts)
    {
        try
        {
            using var file = File.OpenHandle(FileOf(segment), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

            // Retention goes by the time of the last entry, not of its erasure.
            var written = File.GetLastWriteTimeUtc(file);
            foreach (var (offset, bytes) in parts)
            {
                RandomAccess.Write(file, bytes.Span, offset);
            }

            File.SetLastWriteTimeUtc(file, written);
            RandomAccess.FlushToDisk(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Retention has deleted the segment.
        }
    }

    /// <inheritdoc/>
    public override void Cut(int segment, long length)
    {
        using var file = File.OpenHandle(FileOf(segment), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.SetLength(file, length);
        RandomAccess.FlushToDisk(file);

        // The removal of later segments must be durable too.
        FolderSync.Flush(_folder);
    }

    /// <inheritdoc/>
    public override DateTimeOffset LastWritten(int segment) => new(File.GetLastWriteTimeUtc(FileOf(segment)), TimeSpan.Zero);

    /// <inheritdoc/>
    public override long GetFileSize(int segment) => File.Exists(FileOf(segment)) ? new FileInfo(FileOf(segment)).Length : 0;

    /// <inheritdoc/>
    public override void RemoveSegment(int segment)
    {
        lock (_written)
        {
            if (_written.Remove(segment, out var file))
            {
                file.Dispose();
            }
        }

        File.Delete(FileOf(segment));
    }

    /// <inheritdoc/>
    public override void Reset()
    {
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        lock (_signal)
        {
            _stopping = true;
            Monitor.Pulse(_signal);
        }

        _writer?.Join();
        lock (_written)
        {
            foreach (var file in _written.Values)
            {
                file.Dispose();
            }

            _written.Clear();
        }

        _mark?.Dispose();
    }

    /// <inheritdoc/>
    protected override void OnEnqueued()
    {
        lock (_signal)
        {
            _wanted = true;
            Monitor.Pulse(_signal);
        }
    }

    /// <inheritdoc/>
    protected override void Write(int segment, long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_written)
        {
            if (!_written.TryGetValue(segment, out var file))
            {
                var isNew = !File.Exists(FileOf(segment));
                file = File.OpenHandle(FileOf(segment), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
                _written.Add(segment, file);
                if (isNew)
                {
                    FolderSync.Flush(_folder);
                }
            }

            RandomAccess.Write(file, bytes, offset);
        }
    }

    /// <inheritdoc/>
    protected override void Sync()
    {
        lock (_written)
        {
            foreach (var file in _written.Values)
            {
                RandomAccess.FlushToDisk(file);
            }

            // All but the newest are complete and no longer written to.
            while (_written.Count > 1)
            {
                var oldest = _written.Keys.Min();
                _written[oldest].Dispose();
                _written.Remove(oldest);
            }
        }
    }

    void Run()
    {
        var pause = 0;
        while (true)
        {
            lock (_signal)
            {
                if (pause > 0)
                {
                    Monitor.Wait(_signal, pause);
                }

                while (!_wanted && !_stopping && pause == 0)
                {
                    Monitor.Wait(_signal);
                }

                if (_stopping)
                {
                    return;
                }

                _wanted = false;
            }

            pause = PerformWrites() ? 0 : Math.Min(Math.Max(10, pause * 2), (int)s_maxPause.TotalMilliseconds);
        }
    }
}
