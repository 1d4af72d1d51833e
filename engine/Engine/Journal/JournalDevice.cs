using System.Runtime.InteropServices;
using FASTER.core;

namespace CartRecovery.Engine.Journal;

/// <summary>
/// Where a journal's segments lie: FASTER's device, with writes that are worked off one after another and each made durable before FASTER
/// is told. A write that fails is tried again until it succeeds, so the journal behind it never has a gap: on a full disk everything
/// waits, and <see cref="Problem"/> says why. Whoever derives says how bytes are written; and who calls <see cref="WorkOff"/>.
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

    /// <summary>Why the last write failed; null while all is well.</summary>
    public string? Problem => Volatile.Read(ref _problem);

    /// <summary>Writes that were tried again.</summary>
    public long Retries => Volatile.Read(ref _retries);

    /// <summary>Called after FASTER was told of writes, by whoever worked them off.</summary>
    public Action? OnWritten { get; set; }

    /// <summary>The segments that are there, lowest first.</summary>
    public abstract IReadOnlyList<int> Segments();

    /// <summary>Reads bytes of a segment.</summary>
    /// <returns>How many: fewer than asked at its end, none where there is no segment.</returns>
    public abstract int Read(int segment, long offset, Span<byte> bytes);

    /// <summary>When a segment was last written to.</summary>
    public abstract DateTimeOffset LastWritten(int segment);

    /// <summary>Ends a segment here, durably: what is behind is gone.</summary>
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

    /// <summary>Bytes are to be written: <see cref="WorkOff"/> is wanted.</summary>
    protected abstract void OnEnqueued();

    /// <summary>Writes bytes; they need not be durable yet.</summary>
    /// <exception cref="IOException">They could not be written; they will be tried again.</exception>
    protected abstract void Write(int segment, long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Makes everything that was written durable.</summary>
    /// <exception cref="IOException">It may not be: everything is written again.</exception>
    protected abstract void Sync();

    /// <summary>Writes what waits, makes it durable and tells FASTER.</summary>
    /// <returns>False when it failed: to be called again a little later.</returns>
    protected bool WorkOff()
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

            // After a failed one the system may have let go of what it could not write: so all of it is written again, not just synced.
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
