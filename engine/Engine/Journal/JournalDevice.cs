using System.Runtime.InteropServices;
using FASTER.core;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Stores a journal's segments: a FASTER device that performs writes one after another and reports each to FASTER only once it is durable.
/// A failed write is retried until it succeeds, so the journal never has a gap; on a full disk everything waits, and <see cref="Problem"/>
/// says why. Derived classes write the bytes and schedule <see cref="PerformWrites"/>.
/// </summary>
public abstract class JournalDevice : StorageDeviceBase
{
    const int Sector = 512;

    readonly Queue<PendingWrite> _writes = new();
    readonly Lock _gate = new();
    byte[] _buffer = new byte[64 * 1024];
    string? _problem;
    long _retries;

    protected JournalDevice(string name)
        : base(name, Sector, -1)
    {
    }

    /// <summary>Why the last write failed; null if it did not.</summary>
    public string? Problem => Volatile.Read(ref _problem);

    /// <summary>Number of writes retried.</summary>
    public long Retries => Volatile.Read(ref _retries);

    /// <summary>Called after FASTER was notified of writes, on the thread that performed them.</summary>
    public Action? OnWritten { get; set; }

    /// <summary>Returns the existing segments in ascending order.</summary>
    public abstract IReadOnlyList<int> Segments();

    /// <summary>Reads bytes of a segment.</summary>
    /// <returns>The number of bytes read: fewer than requested at the end, 0 if there is no such segment.</returns>
    public abstract int Read(int segment, long offset, Span<byte> bytes);

    /// <summary>Returns when a segment was last written to.</summary>
    public abstract DateTimeOffset LastWritten(int segment);

    /// <summary>The file that has the new bytes of entries while they are rewritten; null if the device rewrites none.</summary>
    public virtual string? RedoFile => null;

    /// <summary>The end of an entry that was durable, as all before it; 0 if unknown. What is missing before it was damaged, not torn by a crash.</summary>
    public virtual long DurableMark => 0;

    /// <summary>Records that an entry is durable, by its end. On the thread that performs writes; need not survive a power loss.</summary>
    public virtual void MarkDurable(long address)
    {
    }

    /// <summary>Overwrites durable bytes of a segment, durably. The segment keeps its time. Any thread.</summary>
    /// <param name="segment">The segment; if it was removed meanwhile, nothing is written.</param>
    /// <param name="parts">Offsets, and the bytes to write there.</param>
    /// <exception cref="IOException">A write failed.</exception>
    public virtual void Overwrite(int segment, IReadOnlyList<(long Offset, ReadOnlyMemory<byte> Bytes)> parts) => throw new NotSupportedException();

    /// <summary>Truncates a segment durably and removes later ones.</summary>
    public abstract void Cut(int segment, long length);

    /// <inheritdoc/>
    public sealed override void WriteAsync(
        IntPtr sourceAddress, int segmentId, ulong destinationAddress, uint numBytesToWrite, DeviceIOCompletionCallback callback, object context)
    {
        lock (_gate)
        {
            _writes.Enqueue(new PendingWrite(sourceAddress, segmentId, (long)destinationAddress, (int)numBytesToWrite, callback, context));
        }

        OnEnqueued();
    }

    /// <inheritdoc/>
    public sealed override void ReadAsync(
        int segmentId, ulong sourceAddress, IntPtr destinationAddress, uint readLength, DeviceIOCompletionCallback callback, object context)
    {
        var bytes = new byte[readLength];
        var read = Read(segmentId, (long)sourceAddress, bytes);
        Marshal.Copy(bytes, 0, destinationAddress, read);
        callback(0, (uint)read, context);
    }

    /// <inheritdoc/>
    public sealed override void RemoveSegmentAsync(int segment, AsyncCallback callback, IAsyncResult result)
    {
        RemoveSegment(segment);
        callback(result);
    }

    /// <summary>Called when writes are pending: <see cref="PerformWrites"/> must run.</summary>
    protected abstract void OnEnqueued();

    /// <summary>Writes bytes; they need not be durable yet.</summary>
    /// <exception cref="IOException">The write failed; it will be retried.</exception>
    protected abstract void Write(int segment, long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Makes all written bytes durable.</summary>
    /// <exception cref="IOException">The sync failed; everything is written again.</exception>
    protected abstract void Sync();

    /// <summary>Performs the pending writes, syncs them and notifies FASTER.</summary>
    /// <returns><see langword="false"/> if it failed and must be called again a little later.</returns>
    protected bool PerformWrites()
    {
        PendingWrite[] writes;
        lock (_gate)
        {
            writes = [.. _writes];
        }

        if (writes.Length == 0)
        {
            return true;
        }

        try
        {
            foreach (var write in writes)
            {
                Write(write);
            }

            // After a failed sync the system may have dropped dirty pages, so everything is written again, not just synced.
            Sync();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Volatile.Write(ref _problem, e.Message);
            Interlocked.Add(ref _retries, writes.Length);
            return false;
        }

        Volatile.Write(ref _problem, null);
        lock (_gate)
        {
            for (var i = 0; i < writes.Length; i++)
            {
                _writes.Dequeue();
            }
        }

        foreach (var write in writes)
        {
            write.Callback(0, (uint)write.Length, write.Context);
        }

        OnWritten?.Invoke();
        return true;
    }

    void Write(in PendingWrite write)
    {
        if (_buffer.Length < write.Length)
        {
            _buffer = new byte[write.Length];
        }

        Marshal.Copy(write.Source, _buffer, 0, write.Length);
        Write(write.Segment, write.Offset, _buffer.AsSpan(0, write.Length));
    }

    readonly record struct PendingWrite(
        IntPtr Source, int Segment, long Offset, int Length, DeviceIOCompletionCallback Callback, object Context);
}
