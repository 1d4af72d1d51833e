using System.Buffers;

namespace CartRecovery.Primitives;

/// <summary>A byte buffer in a pooled array, which is rented only while the buffer is not empty. One thread at a time.</summary>
struct PooledBytes
{
    const int MinCapacity = 256;

    byte[]? _array;
    int _count;

    /// <summary>Number of bytes.</summary>
    public readonly int Count => _count;

    /// <summary>All bytes.</summary>
    public readonly ReadOnlySpan<byte> Span => _array.AsSpan(0, _count);

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_array is null || _array.Length - _count < bytes.Length)
        {
            Grow(bytes.Length);
        }

        bytes.CopyTo(_array.AsSpan(_count));
        _count += bytes.Length;
    }

    /// <summary>Clears the buffer and returns the array.</summary>
    public void Clear()
    {
        if (_array is not null)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = null;
        _count = 0;
    }

    void Grow(int more)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(MinCapacity, Math.Max(_count + more, 2 * _count)));
        Span.CopyTo(larger);
        var count = _count;
        Clear();
        (_array, _count) = (larger, count);
    }
}
