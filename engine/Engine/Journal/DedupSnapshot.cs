using System.Runtime.InteropServices;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Journal;

/// <summary>A copy of a <see cref="DedupWindow"/>. Older generations no longer change and are shared, not copied.</summary>
public sealed class DedupSnapshot : IDisposable
{
    readonly DedupGeneration[] _generations;
    readonly long _now;
    readonly long _forgotten;
    readonly long _kind;
    Action? _done;

    internal DedupSnapshot(DedupGeneration[] generations, long now, long forgotten, long kind, Action done)
    {
        _generations = generations;
        _now = now;
        _forgotten = forgotten;
        _kind = kind;
        _done = done;
    }

    /// <summary>
    /// Writes the format of <see cref="DedupWindow.ReadFrom"/>, little-endian. Any thread. Use a buffered stream for both.
    /// </summary>
    public void WriteTo(Stream stream)
    {
        WriteLong(stream, _kind);
        WriteLong(stream, _now);
        WriteLong(stream, _forgotten);
        foreach (var generation in _generations)
        {
            WriteLong(stream, generation.Number);
            WriteLong(stream, generation.OpenedAt);
            WriteLong(stream, generation.Count);
            WriteLong(stream, generation.Slots.Length);
            DedupGeneration.Write(stream, generation.Slots.Words);
        }
    }

    /// <summary>Returns the memory to the window.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _done, null) is { } done)
        {
            foreach (var generation in _generations.AsSpan(1))
            {
                generation.Release();
            }

            done();
        }
    }

    internal static long ReadLong(Stream stream)
    {
        var value = 0L;
        stream.ReadExactly(MemoryMarshal.AsBytes(new Span<long>(ref value)));
        return value;
    }

    internal static DedupGeneration ReadGeneration(Stream stream)
    {
        var number = ReadLong(stream);
        var openedAt = ReadLong(stream);
        var count = ReadLong(stream);
        var slots = ReadLong(stream);
        if (slots <= 0 || slots > DedupGeneration.MaxSlots || slots % DedupGeneration.Bucket != 0 || count < 0 || count > slots)
        {
            throw new InvalidDataException("the event ids are inconsistent");
        }

        var generation = new DedupGeneration(new LineTable((int)slots), number, openedAt);
        generation.Read(stream);
        return generation.Count == count ? generation : throw new InvalidDataException("some event ids are missing");
    }

    static void WriteLong(Stream stream, long value) => stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in value)));
}
