using CartRecovery.Engine.Journal;

namespace CartRecovery.Tests.Simulation;

/// <summary>
/// A journal's device on a simulated disk within one process lifetime. Nothing is written before <see cref="Pump"/>, where writes may fail
/// before, during or after copying, and syncs may fail.
/// </summary>
sealed class SimulatedDevice(SimulatedDisk disk, Random random, TimeProvider time) : JournalDevice("simulated")
{
    readonly Dictionary<int, DateTimeOffset> _written = [];
    int _removedBefore;
    bool _dead;

    /// <summary>The end of the segments deleted in this lifetime.</summary>
    public int RemovedBefore => Volatile.Read(ref _removedBefore);

    /// <summary>The probability, 0–1, that a write or a sync fails.</summary>
    public double Faults { get; set; }

    public SimulatedDisk Disk => disk;

    /// <summary>The number of faults so far.</summary>
    public int Failed { get; private set; }

    /// <summary>Executes the pending writes.</summary>
    /// <returns>False if one failed.</returns>
    public bool Pump() => PerformWrites();

    /// <summary>The process died: no further writes reach the disk.</summary>
    public void Die() => _dead = true;

    public override IReadOnlyList<int> Segments() => disk.Segments();

    public override int Read(int segment, long offset, Span<byte> bytes) => disk.Read(segment, offset, bytes);

    public override DateTimeOffset LastWritten(int segment) => _written.TryGetValue(segment, out var at) ? at : time.GetUtcNow();

    public override void Cut(int segment, long length) => disk.Cut(segment, length);

    public override long GetFileSize(int segment) => disk.LengthOf(segment);

    public override long DurableMark => disk.Mark;

    public override void MarkDurable(long address) => disk.Mark = address;

    public override void RemoveSegment(int segment)
    {
        if (!_dead)
        {
            disk.Remove(segment);
        }

        Volatile.Write(ref _removedBefore, segment + 1);
    }

    public override void Reset()
    {
    }

    public override void Dispose()
    {
    }

    protected override void OnEnqueued()
    {
    }

    protected override void Write(int segment, long offset, ReadOnlySpan<byte> bytes)
    {
        if (_dead)
        {
            throw new InvalidOperationException("written after the process died");
        }

        if (offset % SimulatedDisk.Sector != 0 || bytes.Length % SimulatedDisk.Sector != 0)
        {
            throw new InvalidOperationException("not whole sectors");
        }

        _written[segment] = time.GetUtcNow();
        if (!Fails())
        {
            disk.Write(segment, offset, bytes);
            return;
        }

        var sectors = random.Next(3) switch { 0 => 0, 1 => bytes.Length / SimulatedDisk.Sector, _ => random.Next(bytes.Length / SimulatedDisk.Sector) };
        disk.Write(segment, offset, bytes[..(sectors * SimulatedDisk.Sector)]);
        throw new IOException("No space left on device");
    }

    protected override void Sync()
    {
        if (!Fails())
        {
            disk.Sync(() => true);
            return;
        }

        var part = random.Next(3) switch { 0 => 0.0, 1 => 1.0, _ => 0.5 };
        disk.Sync(() => random.NextDouble() < part);
        throw new IOException("Input/output error");
    }

    bool Fails()
    {
        if (Faults == 0 || random.NextDouble() >= Faults)
        {
            return false;
        }

        Failed++;
        return true;
    }
}

/// <summary>Reads a simulated disk, including removed segments.</summary>
sealed class HistoryDevice(SimulatedDisk disk) : JournalDevice("history")
{
    public override IReadOnlyList<int> Segments() => disk.HistorySegments();

    public override int Read(int segment, long offset, Span<byte> bytes) => disk.ReadHistory(segment, offset, bytes);

    public override DateTimeOffset LastWritten(int segment) => throw new NotSupportedException();

    public override void Cut(int segment, long length) => throw new NotSupportedException();

    public override void RemoveSegment(int segment) => throw new NotSupportedException();

    public override long GetFileSize(int segment) => disk.LengthOf(segment);

    public override void Reset()
    {
    }

    public override void Dispose()
    {
    }

    protected override void OnEnqueued() => throw new NotSupportedException();

    protected override void Write(int segment, long offset, ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

    protected override void Sync() => throw new NotSupportedException();
}
