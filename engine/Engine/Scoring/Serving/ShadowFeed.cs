using System.Runtime.CompilerServices;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>
/// A bounded queue of rows from a partition to a shadow: a ring for one writer and one reader, without locks (Lamport 1983). The writer copies a row
/// when its cart is as it was scored, and publishes it with the champion's score after the batch's decisions. A full ring drops the row.
/// </summary>
public sealed class ShadowFeed : IModelFeed
{
    /// <summary>Maximum number of rows.</summary>
    public const int Capacity = 2048;

    /// <summary>Memory of a queue, in bytes.</summary>
    /// <param name="columns">Floats per row.</param>
    public static long BytesFor(int columns) => Capacity * ((columns * 4L) + Unsafe.SizeOf<ShadowRow>());

    readonly float[] _features;
    readonly ShadowRow[] _rows = new ShadowRow[Capacity];
    long _written;
    long _read;
    long _dropped;
    int _reserved;
    bool _closed;

    internal ShadowFeed(int columns)
    {
        Columns = columns;
        _features = new float[Capacity * columns];
    }

    /// <summary>Floats per row.</summary>
    public int Columns { get; }

    /// <summary>Rows dropped because the shadow was behind.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Rows that wait.</summary>
    public int Waiting => (int)(Volatile.Read(ref _written) - Volatile.Read(ref _read));

    /// <summary>Whether no more rows come.</summary>
    public bool IsClosed => Volatile.Read(ref _closed);

    /// <summary>Reserves a row. The writer.</summary>
    /// <param name="index">Its index in the batch.</param>
    /// <param name="cart">The cart's key.</param>
    /// <param name="at">Its time (ms since 1970 UTC).</param>
    /// <param name="features">Receives its features.</param>
    /// <returns><see langword="false"/> if there is no room: the row is dropped.</returns>
    public bool TryReserve(int index, in Hash128 cart, long at, out Span<float> features)
    {
        var position = _written + _reserved;
        if (position - Volatile.Read(ref _read) >= Capacity)
        {
            Volatile.Write(ref _dropped, _dropped + 1);
            features = default;
            return false;
        }

        var slot = (int)(position & (Capacity - 1));
        ref var row = ref _rows[slot];
        (row.Cart, row.At, row.Index) = (cart, at, index);
        features = _features.AsSpan(slot * Columns, Columns);
        _reserved++;
        return true;
    }

    /// <summary>Publishes the reserved rows with the champion's scores of the batch. The writer.</summary>
    public void Publish(ReadOnlySpan<float> champion)
    {
        for (var i = 0; i < _reserved; i++)
        {
            ref var row = ref _rows[(int)((_written + i) & (Capacity - 1))];
            row.Champion = champion[row.Index];
        }

        Volatile.Write(ref _written, _written + _reserved);
        _reserved = 0;
    }

    /// <summary>Says that no more rows come. The writer.</summary>
    public void Close() => Volatile.Write(ref _closed, true);

    /// <summary>Copies a row that waits into a scorer's input. The reader.</summary>
    /// <param name="offset">0 for the oldest.</param>
    /// <param name="features">Receives its features.</param>
    internal ref readonly ShadowRow Read(int offset, Span<float> features)
    {
        var slot = (int)((_read + offset) & (Capacity - 1));
        _features.AsSpan(slot * Columns, Columns).CopyTo(features);
        return ref _rows[slot];
    }

    /// <summary>Frees the oldest rows. The reader.</summary>
    internal void Free(int count) => Volatile.Write(ref _read, _read + count);
}
