using System.Buffers;

namespace CartRecovery.Primitives;

/// <summary>Bytes that are gathered and then taken, in an array of the shared pool that is held only while there are any. One thread at a time.</summary>
struct PooledBytes
{
    const int Smallest = 256;

    byte[]? _array;
    int _count;

    /// <summary>How many there are.</summary>
    public readonly int Count => _count;

    /// <summary>All of them.</summary>
    public readonly ReadOnlySpan<byte> Span => _array.AsSpan(0, _count);

    /// <summary>Adds some.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_array is null || _array.Length - _count < bytes.Length)
        {
            Grow(bytes.Length);
        }

        bytes.CopyTo(_array.AsSpan(_count));
        _count += bytes.Length;
    }

    /// <summary>Forgets all and gives the array back.</summary>
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
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Smallest, Math.Max(_count + more, 2 * _count)));
        Span.CopyTo(larger);
        var count = _count;
        Clear();
        (_array, _count) = (larger, count);
    }
}
