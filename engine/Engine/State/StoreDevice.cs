using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using CartRecovery.Primitives.Files;
using FASTER.core;
using Microsoft.Win32.SafeHandles;

namespace CartRecovery.Engine.State;

/// <summary>
/// Stores FASTER's pages in files: <c>path.0</c>, <c>path.1</c> and so on. FASTER itself only logs device errors and continues with an
/// incomplete checkpoint or a wrong record. This device therefore keeps the first error for its caller, and retries writes of the
/// records' log, whose pages exist nowhere else, until they succeed.
/// </summary>
sealed class StoreDevice : StorageDeviceBase
{
    const uint Failed = uint.MaxValue;
    const int ChunkBytes = 1 << 20;
    const int ReadAttempts = 3;
    static readonly TimeSpan s_maxWait = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<int, SafeFileHandle> _files = new();
    readonly Lock _opening = new();
    readonly BlockingCollection<Write> _writes = [];
    readonly ManualResetEventSlim _closing = new();
    readonly bool _isLog;
    readonly bool _delete;
    Thread? _writer;
    readonly ManualResetEventSlim _givingUp = new();
    SyncSteps _steps;
    volatile IOException? _failure;
    volatile IOException? _problem;
    bool _closed;

    /// <param name="path">The files' name without number.</param>
    /// <param name="insist">Whether it holds the records' log: failed writes are retried, and bypass the system's cache.</param>
    /// <param name="delete">Whether the files are deleted with the device.</param>
    public StoreDevice(string path, bool insist, bool delete)
        : base(path, 512, -1)
    {
        RetriesWrites = _isLog = insist;
        _delete = delete;
    }

    /// <summary>The size of a page of the log in bytes; 0 if it holds something else.</summary>
    public int PageBytes { get; init; }

    /// <summary>The size of a record in such a page.</summary>
    public int RecordBytes { get; init; }

    /// <summary>A callback before each write, on its thread, with which tests simulate a slow disk.</summary>
    internal Action? BeforeWrite { get; set; }

    /// <summary>The same before each read by FASTER.</summary>
    internal Action? BeforeRead { get; set; }

    /// <summary>Whether failed writes are retried until they succeed.</summary>
    public bool RetriesWrites { get; set; }

    /// <summary>First read error or, without retries, write error; null if there was none. Never reset.</summary>
    public IOException? Failure => _failure;

    /// <summary>Current reason why writes fail; null if they succeed.</summary>
    public IOException? Problem => _problem;

    /// <summary>Whether the files are deleted with the device.</summary>
    public bool IsTemporary => _delete;

    /// <summary>
    /// Ends the retries: what cannot be written is dropped, which <see cref="Failure"/> reports, and whoever waits for it goes on.
    /// </summary>
    public void GiveUp() => _givingUp.Set();

    public override void WriteAsync(
        nint sourceAddress, int segmentId, ulong destinationAddress, uint numBytesToWrite, DeviceIOCompletionCallback callback, object context)
    {
        lock (_opening)
        {
            if (!_closed)
            {
                if (_writer is null)
                {
                    _writer = new Thread(WriteAll) { Name = Path.GetFileName(FileName), IsBackground = true };
                    _writer.Start();
                }

                _writes.Add(new Write(sourceAddress, segmentId, (long)destinationAddress, (int)numBytesToWrite, callback, context));
                return;
            }
        }

        callback(Failed, 0, context);
    }

    public override void ReadAsync(
        int segmentId, ulong sourceAddress, nint destinationAddress, uint readLength, DeviceIOCompletionCallback callback, object context) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            static read => read.Device.ReadNow(read), new Read(this, segmentId, (long)sourceAddress, destinationAddress, readLength, callback, context),
            preferLocal: false);

    /// <summary>Completes once every write so far is done, or failed for good.</summary>
    public Task WrittenAsync()
    {
        lock (_opening)
        {
            if (_closed || _writer is null)
            {
                return Task.CompletedTask;
            }

            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _writes.Add(new Write(0, 0, 0, 0, (_, _, _) => done.SetResult(), this));
            return done.Task;
        }
    }

    /// <summary>Reads bytes that were written.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public void ReadLog(int segment, long at, Span<byte> into)
    {
        var file = FileOf(segment);
        for (var done = 0; done < into.Length;)
        {
            var count = RandomAccess.Read(file, into[done..], at + done);
            done += count > 0 ? count : throw new IOException($"{NameOf(segment)} ends before {at + into.Length}");
        }
    }

    // FASTER would remove what the latest checkpoint does not need; older ones are kept too. See Release.
    public override void RemoveSegmentAsync(int segment, AsyncCallback callback, IAsyncResult result) => callback(result);

    /// <summary>Deletes the files before a segment.</summary>
    /// <exception cref="IOException">A file cannot be deleted.</exception>
    public void Release(int before)
    {
        foreach (var (file, segment) in StoreFiles.Of(FileName))
        {
            if (segment < before)
            {
                if (_files.TryRemove(segment, out var handle))
                {
                    handle.Dispose();
                }

                File.Delete(file);
            }
        }
    }

    /// <summary>Completes pending writes (without retrying) and closes the files. The pages' memory may then be released.</summary>
    public override void Dispose()
    {
        lock (_opening)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        _closing.Set();
        _writes.CompleteAdding();
        _writer?.Join();
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }

        if (_delete)
        {
            StoreFiles.Delete(FileName);
        }

        _writes.Dispose();
        _closing.Dispose();
        _givingUp.Dispose();
    }

    void WriteAll()
    {
        byte[] buffer = [];
        foreach (var write in _writes.GetConsumingEnumerable())
        {
            if (write.Length == 0)
            {
                write.Callback(0, 0, write.Context);
                continue;
            }

            var chunk = Math.Min(ChunkBytes, write.Length);
            if (buffer.Length < chunk)
            {
                buffer = new byte[chunk];
            }

            BeforeWrite?.Invoke();
            var written = RetriesWrites ? WriteUntilDone(write, buffer) : TryWrite(write, buffer);
            if (!written)
            {
                _failure ??= _problem;
            }

            // FASTER would wait for ever for a page of the log that was not written; Failure tells.
            write.Callback(written || _isLog ? 0 : Failed, (uint)write.Length, write.Context);
        }
    }

    bool WriteUntilDone(in Write write, byte[] buffer)
    {
        for (var wait = TimeSpan.FromMilliseconds(10); !TryWrite(write, buffer); wait = wait * 2 > s_maxWait ? s_maxWait : wait * 2)
        {
            if (WaitHandle.WaitAny([_closing.WaitHandle, _givingUp.WaitHandle], wait) != WaitHandle.WaitTimeout)
            {
                return TryWrite(write, buffer);
            }
        }

        return true;
    }

    bool TryWrite(in Write write, byte[] buffer)
    {
        try
        {
            var file = FileOf(write.Segment);
            for (var done = 0; done < write.Length; done += ChunkBytes)
            {
                var chunk = Math.Min(ChunkBytes, write.Length - done);
                Marshal.Copy(write.Source + done, buffer, 0, chunk);
                RandomAccess.Write(file, buffer.AsSpan(0, chunk), write.At + done);
                if (!_isLog && _steps.IsDue(chunk))
                {
                    RandomAccess.FlushToDisk(file);
                }
            }

            _problem = null;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _problem = AsIOException(e);
            return false;
        }
    }

    void ReadNow(in Read read)
    {
        BeforeRead?.Invoke();
        var length = 0;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                length = ReadInto(read);
                break;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
            {
                if (attempt == ReadAttempts)
                {
                    _failure ??= AsIOException(e);
                    break;
                }
            }
        }

        read.Callback(_failure is null ? 0 : Failed, (uint)length, read.Context);
    }

    // FASTER requests whole sectors and pages, which may extend past the last record, but never only past it.
    int ReadInto(in Read read)
    {
        var file = FileOf(read.Segment);
        var buffer = new byte[(int)Math.Min(read.Length, ChunkBytes)];
        long done = 0;
        while (done < read.Length)
        {
            var count = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, read.Length - done)), read.At + done);
            if (count == 0)
            {
                break;
            }

            ClearReserved(read.At + done, buffer.AsSpan(0, count));
            Marshal.Copy(buffer, 0, (nint)(read.Destination + done), count);
            done += count;
        }

        return done > 0 ? (int)done : throw new IOException($"{NameOf(read.Segment)} ends before {read.At}");
    }

    // When FASTER reserves a page's first record but cannot fill it at once, it notes the size where the key will be. A checkpoint may end
    // with such a record, which then stays as it is; FASTER's recovery would take the note for a record and misread the whole page.
    void ClearReserved(long at, Span<byte> page)
    {
        if (PageBytes != 0 && at % PageBytes == 0 && page.Length >= 2 * sizeof(long)
            && MemoryMarshal.Read<long>(page) == 0 && MemoryMarshal.Read<long>(page[sizeof(long)..]) == RecordBytes)
        {
            page[..(2 * sizeof(long))].Clear();
        }
    }

    SafeFileHandle FileOf(int segment)
    {
        if (_files.TryGetValue(segment, out var file))
        {
            return file;
        }

        lock (_opening)
        {
            return _files.GetOrAdd(segment, static (s, device) => File.OpenHandle(
                device.NameOf(s), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite,
                device._isLog && !device._delete ? FileOptions.WriteThrough : FileOptions.None), this);
        }
    }

    string NameOf(int segment) => GetSegmentFilename(FileName, segment);

    static IOException AsIOException(Exception e) => e as IOException ?? new IOException(e.Message, e);

    readonly record struct Write(nint Source, int Segment, long At, int Length, DeviceIOCompletionCallback Callback, object Context);

    readonly record struct Read(
        StoreDevice Device, int Segment, long At, nint Destination, long Length, DeviceIOCompletionCallback Callback, object Context);
}
