using System.Runtime.CompilerServices;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Scoring.Serving;

/// <summary>
/// The rows that wait for a shadow: a <see cref="FeedRing{T}"/> with the rows' features beside it. The writer copies a row when its cart is as it was scored,
/// and publishes it with the champion's score after the batch's decisions.
/// </summary>
public sealed class ShadowFeed : IModelFeed
{
    /// <summary>Maximum number of rows.</summary>
    public const int Capacity = 2048;

    /// <summary>Memory of a queue, in bytes.</summary>
    /// <param name="columns">Floats per row.</param>
    public static long BytesFor(int columns) => Capacity * ((columns * 4L) + Unsafe.SizeOf<ShadowRow>());

    readonly float[] _features;
    readonly FeedRing<ShadowRow> _rows = new(Capacity);

    internal ShadowFeed(int columns)
    {
        Columns = columns;
        _features = new float[Capacity * columns];
    }

    /// <summary>Floats per row.</summary>
    public int Columns { get; }

    /// <inheritdoc/>
    public long Dropped => _rows.Dropped;

    /// <inheritdoc/>
    public int Waiting => _rows.Waiting;

    /// <inheritdoc/>
    public bool IsClosed => _rows.IsClosed;

    /// <summary>Reserves a row. The writer.</summary>
    /// <param name="index">Its index in the batch.</param>
    /// <param name="cart">The cart's key.</param>
    /// <param name="at">Its time (ms since 1970 UTC).</param>
    /// <param name="features">Receives its features.</param>
    /// <returns><see langword="false"/> if there is no room: the row is dropped.</returns>
    public bool TryReserve(int index, in Hash128 cart, long at, out Span<float> features)
    {
        if (!_rows.TryReserve(out var slot))
        {
            features = default;
            return false;
        }

        ref var row = ref _rows[slot];
        (row.Cart, row.At, row.Index) = (cart, at, index);
        features = _features.AsSpan(slot * Columns, Columns);
        return true;
    }

    /// <summary>Publishes the reserved rows with the champion's scores of the batch. The writer.</summary>
    public void Publish(ReadOnlySpan<float> champion)
    {
        var reserved = _rows.Reserved;
        if (reserved == 0)
        {
            return;
        }

        for (var i = 0; i < reserved; i++)
        {
            ref var row = ref _rows[_rows.ReservedSlot(i)];
            row.Champion = champion[row.Index];
        }

        _rows.Publish();
    }

    /// <summary>Says that no more rows come. The writer.</summary>
    public void Close() => _rows.Close();

    /// <summary>Copies a row that waits into a scorer's input. The reader.</summary>
    /// <param name="offset">0 for the oldest.</param>
    /// <param name="features">Receives its features.</param>
    internal ref readonly ShadowRow Read(int offset, Span<float> features)
    {
        var slot = _rows.WaitingSlot(offset);
        _features.AsSpan(slot * Columns, Columns).CopyTo(features);
        return ref _rows[slot];
    }

    /// <summary>Frees the oldest rows. The reader.</summary>
    internal void Free(int count) => _rows.Free(count);
}
